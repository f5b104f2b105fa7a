/// The parts of the emulator that use OpenSSL: PKCS#12 files, so that the provider's reader is tested with
/// files from another implementation, and the operations of keys, on curves that swift-crypto does not have too.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef enum emulator_pkcs12_style {
  /// The style that Key Vault writes: Triple DES, SHA-1 MAC, 2000 iterations, the NULL password.
  EMULATOR_PKCS12_KEY_VAULT = 0,
  /// The style that OpenSSL 3 writes: AES-256 and PBKDF2, SHA-256 MAC, the empty password.
  EMULATOR_PKCS12_MODERN = 1,
} emulator_pkcs12_style;

/// Writes a PKCS#12 file with certificates in DER, the leaf first, and a PKCS#8 key. The file contains no
/// key if `key_count` is 0. Allocates `*output`, which the caller frees, and returns its size. Returns 0 and
/// allocates nothing on failure.
size_t emulator_pkcs12_create(const uint8_t *_Nullable key, size_t key_count,
                              const uint8_t *_Nonnull const *_Nonnull certificates, const size_t *certificate_counts,
                              size_t certificate_total, emulator_pkcs12_style style,
                              uint8_t *_Nullable *_Nonnull output);

/// Reads a PKCS#12 file and writes its key (PKCS#8) and its certificates in PEM, the certificate of the key
/// first. An empty `password` stands for the empty and for the NULL password. Allocates `*output`, which the
/// caller frees, and returns its size. Returns 0 and allocates nothing if the file or the password is wrong,
/// or if the file has no key or no certificate.
size_t emulator_pkcs12_read(const uint8_t *_Nullable file, size_t file_count, const char *password,
                            uint8_t *_Nullable *_Nonnull output);

typedef enum emulator_key_operation {
  EMULATOR_KEY_SIGN = 0,
  EMULATOR_KEY_ENCRYPT = 1,
  EMULATOR_KEY_DECRYPT = 2,
} emulator_key_operation;

typedef enum emulator_key_scheme {
  /// Signatures are two numbers of the size of the curve's field, as in RFC 7518, section 3.4.
  EMULATOR_KEY_ECDSA = 0,
  EMULATOR_KEY_PKCS1 = 1,
  /// With a salt of the digest's length.
  EMULATOR_KEY_PSS = 2,
  EMULATOR_KEY_OAEP = 3,
} emulator_key_scheme;

/// Signs a hash, or encrypts or decrypts bytes, with a key in PKCS#8. `digest` is such as "SHA256", and NULL for PKCS#1
/// without one. Allocates `*output`, which the caller frees, and returns its size. Returns 0 and allocates nothing on
/// failure. Decryption to an empty text returns 0 with a `*output` that is not NULL.
size_t emulator_key_apply(emulator_key_operation operation, emulator_key_scheme scheme, const char *_Nullable digest,
                          const uint8_t *key, size_t key_count, const uint8_t *_Nullable input, size_t input_count,
                          uint8_t *_Nullable *_Nonnull output);

/// Whether a signature of a hash is valid: 1 if it is, otherwise 0.
int emulator_key_verify(emulator_key_scheme scheme, const char *_Nullable digest, const uint8_t *key, size_t key_count,
                        const uint8_t *_Nullable hash, size_t hash_count, const uint8_t *_Nullable signature,
                        size_t signature_count);

/// Generates a key on secp256k1. Writes its public point (x and y, 32 bytes each) and its PKCS#8 form. Allocates
/// `*output`, which the caller frees, and returns its size; 0 on failure.
size_t emulator_secp256k1_generate(uint8_t *_Nullable point, uint8_t *_Nullable *_Nonnull output);

/// Creates the PKCS#8 form of a key on a curve, such as "P-256" or "secp256k1", from its public point (SEC 1, section
/// 2.3.3) and its secret number. Allocates `*output`, which the caller frees, and returns its size; 0 if the halves do
/// not belong together.
size_t emulator_key_import_curve(const char *curve, const uint8_t *point, size_t point_count, const uint8_t *secret,
                                 size_t secret_count, uint8_t *_Nullable *_Nonnull output);

/// Creates the PKCS#8 form of an RSA key from the numbers n, e, d, p, q, dp, dq and qi. Allocates `*output`, which the
/// caller frees, and returns its size; 0 if the numbers do not belong together.
size_t emulator_key_import_rsa(const uint8_t *_Nonnull const *_Nonnull numbers, const size_t *counts,
                               uint8_t *_Nullable *_Nonnull output);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
