// SPDX-License-Identifier: Apache-2.0
// A configuration file: any text is a configuration, or problems that can be shown. What a configuration says
// of itself, written into a file, is the same configuration.
#include <string>

#include "common/base/text.h"
#include "daemon/app/configuration_toml.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

/// Every key with its value, as a file has it.
std::string file_of(const app::Configuration& configuration) {
  std::string text;
  for (const app::Key& key : app::configuration_keys())
    text += std::string(key.name) + " = " + app::value_text(configuration, key) + "\n";
  return text;
}

}  // namespace

void configuration(std::string_view input) {
  const auto read = app::parse_configuration(input, "file");
  if (!read) {
    PW_ASSERT(!read.error().empty() && read.error().size() <= app::kMaxProblems);
    for (const std::string& problem : read.error()) {
      PW_ASSERT(problem.starts_with("file:"));
      PW_ASSERT(base::escape_for_terminal(problem) == problem);
    }
    return;
  }
  const auto again = app::parse_configuration(file_of(*read), "again");
  PW_ASSERT(again && *again == *read);
  PW_ASSERT(app::changed_keys(*read, *again).empty());
}

}  // namespace portwatch::fuzz
