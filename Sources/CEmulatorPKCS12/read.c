#include "CEmulatorPKCS12.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

size_t emulator_pkcs12_read(const uint8_t *file, size_t file_count, const char *password, uint8_t **output) {
  EVP_PKEY *key = NULL;
  X509 *leaf = NULL;
  STACK_OF(X509) *rest = NULL;
  BIO *text = BIO_new(BIO_s_mem());
  size_t size = 0;
  *output = NULL;

  const unsigned char *cursor = file;
  PKCS12 *container = file == NULL ? NULL : d2i_PKCS12(NULL, &cursor, (long)file_count);
  if (container == NULL || text == NULL) goto done;
  // PKCS12_parse itself tries both the NULL and the empty password.
  if (PKCS12_parse(container, password, &key, &leaf, &rest) == 0 || key == NULL || leaf == NULL) goto done;
  if (PEM_write_bio_PKCS8PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) == 0) goto done;
  if (PEM_write_bio_X509(text, leaf) == 0) goto done;
  for (int index = 0; index < sk_X509_num(rest); index++) {
    if (PEM_write_bio_X509(text, sk_X509_value(rest, index)) == 0) goto done;
  }
  char *bytes = NULL;
  const long length = BIO_get_mem_data(text, &bytes);
  if (length <= 0) goto done;
  uint8_t *buffer = malloc((size_t)length);
  if (buffer == NULL) goto done;
  memcpy(buffer, bytes, (size_t)length);
  *output = buffer;
  size = (size_t)length;

done:
  PKCS12_free(container);
  sk_X509_pop_free(rest, X509_free);
  X509_free(leaf);
  EVP_PKEY_free(key);
  BIO_free(text);
  return size;
}
