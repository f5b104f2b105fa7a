#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "CEmulatorPKCS12.h"

static EVP_PKEY *read_key(const uint8_t *key, size_t count) {
  const unsigned char *cursor = key;
  return d2i_AutoPrivateKey(NULL, &cursor, (long)count);
}

/// Writes a key as PKCS#8. Returns the size, or 0.
static size_t write_key(EVP_PKEY *key, uint8_t **output) {
  PKCS8_PRIV_KEY_INFO *info = key == NULL ? NULL : EVP_PKEY2PKCS8(key);
  unsigned char *bytes = NULL;
  const int length = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
  PKCS8_PRIV_KEY_INFO_free(info);
  if (length <= 0) return 0;
  uint8_t *copy = malloc((size_t)length);
  if (copy != NULL) memcpy(copy, bytes, (size_t)length);
  OPENSSL_clear_free(bytes, (size_t)length);
  *output = copy;
  return copy == NULL ? 0 : (size_t)length;
}

// MARK: Operations

/// Chooses padding and digest. Returns 1 on success.
static int configure(EVP_PKEY_CTX *context, emulator_key_scheme scheme, const char *digest) {
  const EVP_MD *md = digest == NULL ? NULL : EVP_get_digestbyname(digest);
  if (digest != NULL && md == NULL) return 0;
  switch (scheme) {
    case EMULATOR_KEY_ECDSA: return 1;
    case EMULATOR_KEY_PKCS1:
      if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) <= 0) return 0;
      return md == NULL || EVP_PKEY_CTX_set_signature_md(context, md) > 0;
    case EMULATOR_KEY_PSS:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_signature_md(context, md) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
    case EMULATOR_KEY_OAEP:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_oaep_md(context, md) > 0 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) > 0;
  }
  return 0;
}

/// Replaces an ECDSA signature in DER by the two numbers, each of `half` bytes. Returns the size, or 0.
static size_t to_numbers(const uint8_t *der, size_t count, int half, uint8_t **output) {
  const unsigned char *cursor = der;
  ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &cursor, (long)count);
  uint8_t *numbers = signature == NULL ? NULL : malloc((size_t)half * 2);
  size_t size = 0;
  if (numbers != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), numbers, half) == half &&
      BN_bn2binpad(ECDSA_SIG_get0_s(signature), numbers + half, half) == half) {
    *output = numbers;
    size = (size_t)half * 2;
  } else {
    free(numbers);
  }
  ECDSA_SIG_free(signature);
  return size;
}

/// The DER form of an ECDSA signature of two numbers. Returns the size, or 0. OpenSSL allocates `*output`.
static size_t to_der(const uint8_t *numbers, size_t count, unsigned char **output) {
  ECDSA_SIG *signature = ECDSA_SIG_new();
  const int half = (int)(count / 2);
  BIGNUM *r = BN_bin2bn(numbers, half, NULL);
  BIGNUM *s = BN_bin2bn(numbers + half, half, NULL);
  int length = 0;
  if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
    length = i2d_ECDSA_SIG(signature, output);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(signature);
  return length > 0 ? (size_t)length : 0;
}

static int field_size(EVP_PKEY *key) { return (EVP_PKEY_get_bits(key) + 7) / 8; }

size_t emulator_key_apply(emulator_key_operation operation, emulator_key_scheme scheme, const char *digest,
                          const uint8_t *key_bytes, size_t key_count, const uint8_t *input, size_t input_count,
                          uint8_t **output) {
  EVP_PKEY *key = read_key(key_bytes, key_count);
  EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
  int (*begin)(EVP_PKEY_CTX *) = EVP_PKEY_sign_init;
  int (*apply)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t) = EVP_PKEY_sign;
  if (operation == EMULATOR_KEY_ENCRYPT) {
    begin = EVP_PKEY_encrypt_init;
    apply = EVP_PKEY_encrypt;
  } else if (operation == EMULATOR_KEY_DECRYPT) {
    begin = EVP_PKEY_decrypt_init;
    apply = EVP_PKEY_decrypt;
  }
  uint8_t *result = NULL;
  size_t size = 0;
  *output = NULL;
  if (context == NULL || begin(context) <= 0 || configure(context, scheme, digest) != 1) goto done;
  if (apply(context, NULL, &size, input, input_count) <= 0 || (result = malloc(size + 1)) == NULL) goto failed;
  if (apply(context, result, &size, input, input_count) <= 0) goto failed;
  if (scheme == EMULATOR_KEY_ECDSA) {
    size = to_numbers(result, size, field_size(key), output);
    free(result);
  } else {
    *output = result;
  }
  goto done;

failed:
  free(result);
  size = 0;

done:
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return *output == NULL ? 0 : size;
}

int emulator_key_verify(emulator_key_scheme scheme, const char *digest, const uint8_t *key_bytes, size_t key_count,
                        const uint8_t *hash, size_t hash_count, const uint8_t *signature, size_t signature_count) {
  EVP_PKEY *key = read_key(key_bytes, key_count);
  EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
  unsigned char *der = NULL;
  int valid = 0;
  if (context == NULL || EVP_PKEY_verify_init(context) <= 0 || configure(context, scheme, digest) != 1) goto done;
  if (scheme == EMULATOR_KEY_ECDSA) {
    if (signature_count != (size_t)field_size(key) * 2) goto done;
    const size_t length = to_der(signature, signature_count, &der);
    valid = length > 0 && EVP_PKEY_verify(context, der, length, hash, hash_count) == 1;
  } else {
    valid = EVP_PKEY_verify(context, signature, signature_count, hash, hash_count) == 1;
  }

done:
  OPENSSL_free(der);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return valid;
}

// MARK: New keys

size_t emulator_secp256k1_generate(uint8_t *point, uint8_t **output) {
  unsigned char encoded[65];
  size_t length = 0;
  size_t size = 0;
  *output = NULL;
  EVP_PKEY *key = EVP_EC_gen("secp256k1");
  if (key != NULL && point != NULL &&
      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded, &length) == 1 &&
      length == sizeof encoded && encoded[0] == 4) {
    memcpy(point, encoded + 1, 64);
    size = write_key(key, output);
  }
  EVP_PKEY_free(key);
  return size;
}

/// Creates a key of parameters, and checks that its halves belong together. Returns the size of its PKCS#8 form, or 0.
static size_t import(const char *type, OSSL_PARAM_BLD *builder, uint8_t **output) {
  OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *check = NULL;
  size_t size = 0;
  if (parameters != NULL && context != NULL && EVP_PKEY_fromdata_init(context) > 0 &&
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) > 0 &&
      (check = EVP_PKEY_CTX_new(key, NULL)) != NULL && EVP_PKEY_pairwise_check(check) == 1) {
    size = write_key(key, output);
  }
  EVP_PKEY_CTX_free(check);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  return size;
}

size_t emulator_key_import_curve(const char *curve, const uint8_t *point, size_t point_count, const uint8_t *secret,
                                 size_t secret_count, uint8_t **output) {
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *number = BN_bin2bn(secret, (int)secret_count, NULL);
  size_t size = 0;
  *output = NULL;
  if (builder != NULL && number != NULL &&
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_count) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1) {
    size = import("EC", builder, output);
  }
  BN_clear_free(number);
  OSSL_PARAM_BLD_free(builder);
  return size;
}

size_t emulator_key_import_rsa(const uint8_t *const *numbers, const size_t *counts, uint8_t **output) {
  static const char *const names[] = {
      OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
      OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
      OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
  };
  enum { kNumbers = sizeof names / sizeof *names };
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *values[kNumbers] = {NULL};
  size_t size = 0;
  *output = NULL;
  int complete = builder != NULL;
  for (int index = 0; index < kNumbers && complete; index++) {
    values[index] = BN_bin2bn(numbers[index], (int)counts[index], NULL);
    complete = values[index] != NULL && OSSL_PARAM_BLD_push_BN(builder, names[index], values[index]) == 1;
  }
  if (complete) size = import("RSA", builder, output);
  for (int index = 0; index < kNumbers; index++) BN_clear_free(values[index]);
  OSSL_PARAM_BLD_free(builder);
  return size;
}
