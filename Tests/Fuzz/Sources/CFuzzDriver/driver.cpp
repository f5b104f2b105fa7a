#include "CFuzzDriver.h"

#include <string>

#include "service.pb.h"

extern "C" int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*body)(const uint8_t *bytes, size_t count));

namespace {
akv_fuzz_input_handler current = nullptr;

int run_once(const uint8_t *bytes, size_t count) {
  current(bytes, count);
  return 0;
}
}  // namespace

int akv_fuzz_run(int count, char **arguments, akv_fuzz_input_handler body) {
  current = body;
  return LLVMFuzzerRunDriver(&count, &arguments, run_once);
}

int akv_fuzz_decode(const uint8_t *bytes, size_t count, void *context, akv_fuzz_request_handler body) {
  v1alpha1::MountRequest message;
  if (!message.ParseFromArray(bytes, static_cast<int>(count))) return 0;
  v1alpha1::MountRequest again;
  if (!again.ParseFromString(message.SerializeAsString()) || again.attributes() != message.attributes() ||
      again.secrets() != message.secrets() || again.target_path() != message.target_path() ||
      again.permission() != message.permission()) {
    return -1;
  }
  const akv_fuzz_request request = {
      message.attributes().data(),  message.attributes().size(),  message.secrets().data(),
      message.secrets().size(),     message.permission().data(),  message.permission().size(),
      message.target_path().data(), message.target_path().size(),
  };
  body(context, &request);
  return 1;
}
