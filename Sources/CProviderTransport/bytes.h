#pragma once

#include <string>

#include "CProviderTransport.h"

inline akv_bytes borrow(const std::string &text) { return {text.data(), text.size()}; }

inline std::string copy(akv_bytes bytes) {
  return bytes.count == 0 ? std::string() : std::string(bytes.base, bytes.count);
}
