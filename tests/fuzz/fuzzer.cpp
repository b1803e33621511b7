// SPDX-License-Identifier: Apache-2.0
// The entry of libFuzzer (https://llvm.org/docs/LibFuzzer.html). PW_FUZZ_TARGET names the function of
// target.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  portwatch::fuzz::PW_FUZZ_TARGET(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
