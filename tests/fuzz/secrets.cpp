// SPDX-License-Identifier: Apache-2.0
// Secrets on a command line: a secret that is named is gone, doing it twice changes nothing, and what is left
// are the same arguments.
#include <algorithm>
#include <string>
#include <vector>

#include "common/model/secrets.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

std::vector<std::string> arguments_of(std::string_view input) {
  std::vector<std::string> argv{"program"};
  while (!input.empty()) {
    const std::string_view argument = input.substr(0, input.find('\0'));
    argv.emplace_back(argument);
    input.remove_prefix(std::min(input.size(), argument.size() + 1));
  }
  return argv;
}

/// Values that the header says are no secrets are not tried: switches, and what asks for the secret.
bool is_told(std::string_view value) {
  return value.size() >= 8 && value.front() != '-' && value.front() != '=';
}

}  // namespace

void secrets(std::string_view input) {
  const std::vector<std::string> argv = arguments_of(input);
  const std::vector<std::string> clean = model::redact_secrets(argv);
  PW_ASSERT(clean.size() == argv.size() && clean.front() == argv.front());
  PW_ASSERT(model::redact_secrets(clean) == clean);
  for (const std::string& argument : argv) static_cast<void>(model::is_secret_name(argument));

  const std::string value(argv.back());
  if (!is_told(value)) return;
  const auto joined = model::redact_secrets({"program", "--password=" + value});
  PW_ASSERT(joined.back() == "--password=***");
  const auto apart = model::redact_secrets({"program", "--token", value});
  PW_ASSERT(apart.back() == "***");
  const auto variable = model::redact_secrets({"program", "DB_PASSWORD=" + value});
  PW_ASSERT(variable.back() == "DB_PASSWORD=***");
}

}  // namespace portwatch::fuzz
