// SPDX-License-Identifier: Apache-2.0
#pragma once

// Assertions for bugs of ours, never for input. They stay on in a release build: a watcher that goes on with
// broken state would tell lies.

#include <source_location>

namespace portwatch::base {

[[noreturn]] void assertion_failed(const char* expression, std::source_location where) noexcept;

}  // namespace portwatch::base

#define PW_ASSERT(expression)    \
  (static_cast<bool>(expression) \
       ? void(0)                 \
       : ::portwatch::base::assertion_failed(#expression, std::source_location::current()))
