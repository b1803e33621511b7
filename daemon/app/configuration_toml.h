// SPDX-License-Identifier: Apache-2.0
#pragma once

// The configuration from its file, TOML 1.0 (portwatch.toml(5)). Everything that is wrong is reported at
// once, with file, line, key and what is allowed there.

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/app/configuration.h"

namespace portwatch::app {

/// Sentences for people, in the order of the file; at most kMaxProblems.
using Problems = std::vector<std::string>;
inline constexpr std::size_t kMaxProblems = 20;
inline constexpr std::size_t kMaxConfigurationBytes = 1U << 20U;

/// `name` is the file's, for the messages.
[[nodiscard]] std::expected<Configuration, Problems> parse_configuration(std::string_view text,
                                                                         std::string_view name);

/// Reads the file; one that is missing is the default configuration unless `must_exist`.
[[nodiscard]] std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& path,
                                                                        bool must_exist);

}  // namespace portwatch::app
