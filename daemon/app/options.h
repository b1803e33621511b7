// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of portwatchd (portwatchd(8)).

#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "daemon/app/log_level.h"

namespace portwatch::app {

struct Options {
  std::optional<std::filesystem::path> config;
  std::optional<std::filesystem::path> state_directory;
  std::optional<std::filesystem::path> socket;
  std::optional<LogLevel> log_level;
  std::optional<std::filesystem::path> record;
  std::optional<std::filesystem::path> replay;
  bool check_config = false;
  bool once = false;

  bool operator==(const Options&) const = default;
};

/// What the exit of a program means; as for portwatchctl.
enum ExitCode : int { kExitOk = 0, kExitUsage = 2, kExitDenied = 4, kExitFailure = 6 };

/// The end of the program before it began: help, version, or a mistake on the command line.
struct Exit {
  int code = kExitOk;
  std::string out;  ///< for stdout
  std::string err;  ///< for stderr
};

/// `arguments` are those behind the program's name.
[[nodiscard]] std::expected<Options, Exit> parse_options(std::span<const std::string> arguments);

}  // namespace portwatch::app
