/// Writes PKCS#12 files with OpenSSL, so that what the provider reads was not written by its own kind.
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
                              const uint8_t *_Nonnull const *_Nonnull certificates,
                              const size_t *certificate_counts, size_t certificate_total,
                              emulator_pkcs12_style style, uint8_t *_Nullable *_Nonnull output);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
