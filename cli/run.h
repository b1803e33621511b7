// SPDX-License-Identifier: Apache-2.0
#pragma once

// portwatchctl, without the process around it.

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/io.h"

namespace portwatch::cli {

/// Does what the words behind the program's name say. Everything that is printed goes to `io`.
[[nodiscard]] ExitCode run(const std::vector<std::string>& words, Io& io);

}  // namespace portwatch::cli
