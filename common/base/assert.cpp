// SPDX-License-Identifier: Apache-2.0
#include "common/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace portwatch::base {

void assertion_failed(const char* expression, std::source_location where) noexcept {
  std::fprintf(stderr, "portwatch: bug: %s:%u: assertion failed: %s\n", where.file_name(), where.line(),
               expression);
  std::abort();
}

}  // namespace portwatch::base
