/// The parts of the emulator that use OpenSSL: PKCS#12 files, so that the provider's reader is tested with
/// files from another implementation, and the curve secp256k1, which swift-crypto does not have.
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

/// Generates a key on secp256k1 and writes its public point: x and y, 32 bytes each. Returns 1 on success and
/// 0 on failure.
int emulator_secp256k1_point(uint8_t *_Nullable output);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
