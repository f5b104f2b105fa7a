/// What the emulator leaves to OpenSSL: PKCS#12 files, so that what the provider reads was not written
/// by its own kind, and a curve that swift-crypto has not.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef enum emulator_pkcs12_style {
  /// As Key Vault writes it: Triple DES, SHA-1 MAC, 2000 iterations, the NULL password.
  EMULATOR_PKCS12_KEY_VAULT = 0,
  /// As OpenSSL 3 writes it: AES-256 and PBKDF2, SHA-256 MAC, the empty password.
  EMULATOR_PKCS12_MODERN = 1,
} emulator_pkcs12_style;

/// Puts a PKCS#8 key (or none, with `key_count` 0) and certificates in DER, the leaf first, into a
/// PKCS#12 file. Returns its size and allocates `*output`, which the caller frees; 0 on failure.
size_t emulator_pkcs12_create(const uint8_t *_Nullable key, size_t key_count,
                              const uint8_t *_Nonnull const *_Nonnull certificates, const size_t *certificate_counts,
                              size_t certificate_total, emulator_pkcs12_style style,
                              uint8_t *_Nullable *_Nonnull output);

/// Reads a PKCS#12 file, as the NULL or the empty password when `password` is empty. Returns the size of
/// the key (PKCS#8) and the certificates in PEM, the key's own first, and allocates `*output`, which the
/// caller frees; 0 when the file or the password is not right, or a key or certificate is missing.
size_t emulator_pkcs12_read(const uint8_t *_Nullable file, size_t file_count, const char *password,
                            uint8_t *_Nullable *_Nonnull output);

/// Makes a key on secp256k1 and gives its public point, x and y of 32 bytes each. 1 on success.
int emulator_secp256k1_point(uint8_t *_Nullable output);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
