/// libFuzzer and the driver's messages, for the fuzz program.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// Handles one input. Called on the thread that called `akv_fuzz_run`.
typedef void (*akv_fuzz_input_handler)(const uint8_t *_Nullable bytes, size_t count);

/// Runs libFuzzer with the given command line and returns its exit code. libFuzzer can also end the process.
int akv_fuzz_run(int count, char *_Nonnull *_Nonnull arguments, akv_fuzz_input_handler body);

/// The fields of a decoded Mount request, valid during the call of `akv_fuzz_request_handler`.
typedef struct akv_fuzz_request {
  const char *attributes;
  size_t attributes_count;
  const char *secrets;
  size_t secrets_count;
  const char *permission;
  size_t permission_count;
  const char *target_path;
  size_t target_path_count;
} akv_fuzz_request;

typedef void (*akv_fuzz_request_handler)(void *context, const akv_fuzz_request *request);

/// Decodes `bytes` as gRPC does and calls `body` with the message. Returns 1, 0 if `bytes` are not a message, or -1
/// if encoding and decoding the message again changes it.
int akv_fuzz_decode(const uint8_t *_Nullable bytes, size_t count, void *context, akv_fuzz_request_handler body);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
