// SPDX-License-Identifier: Apache-2.0
#pragma once

// portwatchd from its command line to its exit code.

#include <span>
#include <string>

namespace portwatch::app {

/// `arguments` are those behind the program's name.
[[nodiscard]] int run(std::span<const std::string> arguments);

}  // namespace portwatch::app
