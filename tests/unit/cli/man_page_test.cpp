// SPDX-License-Identifier: Apache-2.0
// The man page names every command, option and exit code that --help names, and no other.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "cli/command.h"

namespace portwatch::cli {
namespace {

std::string read_man_page() {
  std::ifstream file(PORTWATCH_MAN_PAGE);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert((*match)[1].str());
  return found;
}

TEST(ManPage, NamesTheOptionsThatThereAre) {
  std::set<std::string> expected{"version"};
  for (const CommandSpec& command : all_commands())
    for (const OptionSpec& option : options_of(command))
      expected.insert(std::string(option.long_name.substr(2)));
  // ".It Fl S , -since Ar time" and ".It Fl -json"
  EXPECT_EQ(all_matches(read_man_page(), std::regex(R"(\n\.It Fl (?:\w , )?-([a-z0-9]+))")), expected);
}

TEST(ManPage, NamesShortOptionsBesideTheirLongOnes) {
  const std::string page = read_man_page();
  for (const CommandSpec& command : all_commands()) {
    for (const OptionSpec& option : options_of(command)) {
      if (option.short_name.empty()) continue;
      const std::string item = ".It Fl " + std::string(option.short_name.substr(1)) + " , " +
                               std::string(option.long_name.substr(1));
      EXPECT_NE(page.find(item), std::string::npos) << item;
    }
  }
}

TEST(ManPage, NamesTheCommandsThatThereAre) {
  std::set<std::string> expected;
  for (const CommandSpec& command : all_commands()) expected.insert(std::string(command.name));
  std::set<std::string> named = all_matches(
      read_man_page(),
      std::regex(
          R"(\n\.It Cm ((?:alerts (?:list|show|approve|reject|ack))|status|list|show|history|watch|alerts|help)(?=\s))"));
  EXPECT_EQ(named, expected);
}

TEST(ManPage, NamesTheExitCodesThatThereAre) {
  std::set<std::string> expected;
  for (const ExitNote& note : common_exit_notes())
    expected.insert(std::to_string(static_cast<int>(note.code)));
  EXPECT_EQ(all_matches(read_man_page(), std::regex(R"(\n\.It (\d)\n)")), expected);
}

}  // namespace
}  // namespace portwatch::cli
