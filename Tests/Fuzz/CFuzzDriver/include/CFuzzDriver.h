/// libFuzzer and the driver's protocol as the fuzz program needs them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// What is tried with each input. Called on the calling thread of `akv_fuzz_run`.
typedef void (*akv_fuzz_try)(const uint8_t *_Nullable bytes, size_t count);

/// Runs libFuzzer with a command line of its own and returns its exit code, unless it ends the process.
int akv_fuzz_run(int count, char *_Nonnull *_Nonnull arguments, akv_fuzz_try body);

/// A Mount request as it was read from the wire; valid during the call of `akv_fuzz_decoded`.
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

typedef void (*akv_fuzz_decoded)(void *context, const akv_fuzz_request *request);

/// Reads `bytes` as gRPC would and calls `body` with the message. 0 if it is no message, -1 if what was
/// read does not survive being written and read again.
int akv_fuzz_decode(const uint8_t *_Nullable bytes, size_t count, void *context, akv_fuzz_decoded body);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
