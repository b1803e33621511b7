// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line, read by the description of a command.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "common/base/error.h"

namespace portwatch::cli {

class Arguments {
 public:
  /// `name`: an option's long name or an argument's name.
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;

  void add(std::string_view name, std::vector<std::string> values) {
    values_.emplace(name, std::move(values));
  }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Reads what stands behind a command's name. Errors: kInvalidArgument, with what is wrong and, for an option
/// that does not exist, the one that was probably meant.
[[nodiscard]] base::Result<Arguments> parse_arguments(const CommandSpec& command,
                                                      const std::vector<std::string>& words);

/// Which command is meant, and what is left for it. Options in front of a command's name are given to it; a
/// port in the place of a command is `show PORT`; nothing at all is `status`.
struct Invocation {
  std::string command;
  std::vector<std::string> words;
};
/// Errors: kNotFound for a command that does not exist, with the one that was probably meant.
[[nodiscard]] base::Result<Invocation> find_invocation(std::vector<std::string> words);

}  // namespace portwatch::cli
