#include "CEmulatorPKCS12.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { kIterations = 2000 };

size_t emulator_pkcs12_create(const uint8_t *key, size_t key_count, const uint8_t *const *certificates,
                              const size_t *certificate_counts, size_t certificate_total, emulator_pkcs12_style style,
                              uint8_t **output) {
  EVP_PKEY *pkey = NULL;
  X509 *leaf = NULL;
  STACK_OF(X509) *rest = sk_X509_new_null();
  PKCS12 *file = NULL;
  size_t size = 0;
  *output = NULL;

  if (key_count > 0) {
    const unsigned char *cursor = key;
    pkey = d2i_AutoPrivateKey(NULL, &cursor, (long)key_count);
    if (pkey == NULL) goto done;
  }
  for (size_t index = 0; index < certificate_total; index++) {
    const unsigned char *cursor = certificates[index];
    X509 *certificate = d2i_X509(NULL, &cursor, (long)certificate_counts[index]);
    if (certificate == NULL) goto done;
    if (leaf == NULL) {
      leaf = certificate;
    } else if (sk_X509_push(rest, certificate) == 0) {
      X509_free(certificate);
      goto done;
    }
  }

  const int modern = style == EMULATOR_PKCS12_MODERN;
  const char *password = modern ? "" : NULL;
  const int cipher = modern ? NID_aes_256_cbc : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
  // No MAC (-1): this call would choose the digest of the MAC, so the next one sets it.
  file = PKCS12_create(password, NULL, pkey, leaf, rest, cipher, cipher, kIterations, -1, 0);
  if (file == NULL) goto done;
  if (PKCS12_set_mac(file, password, modern ? -1 : 0, NULL, 0, kIterations, modern ? EVP_sha256() : EVP_sha1()) == 0) {
    goto done;
  }
  const int length = i2d_PKCS12(file, NULL);
  if (length <= 0) goto done;
  uint8_t *buffer = malloc((size_t)length);
  if (buffer == NULL) goto done;
  unsigned char *cursor = buffer;
  i2d_PKCS12(file, &cursor);
  *output = buffer;
  size = (size_t)length;

done:
  PKCS12_free(file);
  sk_X509_pop_free(rest, X509_free);
  X509_free(leaf);
  EVP_PKEY_free(pkey);
  return size;
}
