// SPDX-License-Identifier: Apache-2.0
// What people and scripts see of portwatchctl, byte for byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "common/base/text.h"
#include "tests/golden/golden.h"
#include "tests/golden/sample_machine.h"

namespace portwatch::test {
namespace {

using cli::ExitCode;

/// stdout, then stderr with a mark in front of each line, then the exit code.
std::string transcript(CliWorld& world, std::string_view command_line) {
  const ExitCode exit = world.run(command_line);
  std::string text = "$ portwatchctl " + std::string(command_line) + "\n" + world.out.text;
  std::string_view err = world.err.text;
  while (!err.empty()) {
    const std::size_t end = err.find('\n');
    text += "! " + std::string(err.substr(0, end)) + "\n";
    err.remove_prefix(end == std::string_view::npos ? err.size() : end + 1);
  }
  return text + "exit " + std::to_string(static_cast<int>(exit)) + "\n";
}

struct Case {
  std::string name;
  std::string command_line;
};

void PrintTo(const Case& golden, std::ostream* stream) {
  *stream << golden.name;
}

class HumanGolden : public testing::TestWithParam<Case> {};

TEST_P(HumanGolden, LooksThisWayInAPipe) {
  CliWorld world;
  furnish(world);
  EXPECT_TRUE(matches_golden(GetParam().name + ".pipe", transcript(world, GetParam().command_line)));
}

TEST_P(HumanGolden, LooksThisWayOn80Columns) {
  CliWorld world;
  furnish(world);
  world.out_terminal = {.is_terminal = true, .columns = 80};
  world.environment["NO_COLOR"] = "1";
  EXPECT_TRUE(matches_golden(GetParam().name + ".80", transcript(world, GetParam().command_line)));
}

TEST_P(HumanGolden, LooksThisWayOn100ColumnsInColor) {
  CliWorld world;
  furnish(world);
  world.out_terminal = {.is_terminal = true, .columns = 100};
  EXPECT_TRUE(matches_golden(GetParam().name + ".100", transcript(world, GetParam().command_line)));
}

/// No line is wider than the screen, and nothing but our own colours is an escape sequence, however hostile
/// names are.
TEST_P(HumanGolden, FitsEveryWidthAndPassesNoControlCharacterOn) {
  for (const std::size_t columns : {40U, 60U, 79U, 80U, 100U, 132U, 200U}) {
    CliWorld world;
    furnish(world);
    world.out_terminal = {.is_terminal = true, .columns = columns};
    world.environment["NO_COLOR"] = "1";
    world.run(GetParam().command_line);
    ASSERT_FALSE(world.out.text.empty());
    for (const std::string_view line : base::split(world.out.text, '\n')) {
      EXPECT_LE(base::display_width(line), columns) << line;
      EXPECT_EQ(base::escape_for_terminal(line), line);
      EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Commands, HumanGolden,
    testing::Values(Case{"status", "status"}, Case{"list", "list"}, Case{"list-all", "list -a"},
                    Case{"list-quiet", "list -q"}, Case{"show", "show 62893"}, Case{"show-folded", "22"},
                    Case{"show-hostile", "show 31337"}, Case{"show-free", "show 4000"},
                    Case{"show-kernel", "show 2049"}, Case{"show-unwatched", "show 3000"},
                    Case{"show-clients", "show 22 --clients"}, Case{"show-no-clients", "show 2049 -c"},
                    Case{"history", "history"}, Case{"history-reverse", "history -r -n 4"},
                    Case{"alerts", "alerts list --all"}, Case{"alerts-show", "alerts show 21"},
                    Case{"alerts-show-hostile", "alerts show 22"},
                    Case{"alerts-approve", "alerts approve 21"}),
    [](const auto& parameter) {
      std::string name = parameter.param.name;
      for (char& letter : name) letter = letter == '-' ? '_' : letter;
      return name;
    });

TEST(ListGolden, NamesWhatDoesNotMatch) {
  CliWorld world;
  furnish(world);
  EXPECT_TRUE(matches_golden("list-none", transcript(world, "list --user nobody")));
}

TEST(ErrorGolden, NoDaemon) {
  CliWorld world;
  world.connect_failures = {
      {base::ErrorCode::kUnavailable,
       "no portwatchd answers: /run/user/1000/portwatch/portwatch.sock (no such socket)"}};
  EXPECT_TRUE(matches_golden("error-no-daemon", transcript(world, "list")));
}

TEST(ErrorGolden, SomebodyElsesDaemon) {
  CliWorld world;
  world.connect_failures = {
      {base::ErrorCode::kPermissionDenied, "no portwatchd answers: /run/x.sock (permission denied)"}};
  EXPECT_TRUE(matches_golden("error-denied-socket", transcript(world, "list --socket /run/x.sock")));
}

TEST(ErrorGolden, NotAllowed) {
  CliWorld world;
  furnish(world);
  world.daemon->change_failure = {base::ErrorCode::kPermissionDenied,
                                  "ana (uid 1000) may not approve this alert"};
  EXPECT_TRUE(matches_golden("error-not-allowed", transcript(world, "alerts approve 22")));
}

TEST(ErrorGolden, UnknownCommand) {
  CliWorld world;
  EXPECT_TRUE(matches_golden("error-unknown-command", transcript(world, "lits")));
}

TEST(ErrorGolden, UnknownOption) {
  CliWorld world;
  EXPECT_TRUE(matches_golden("error-unknown-option", transcript(world, "history --sinse 10m")));
}

TEST(ErrorGolden, WrongPort) {
  CliWorld world;
  EXPECT_TRUE(matches_golden("error-wrong-port", transcript(world, "99999")));
}

class HelpGolden : public testing::TestWithParam<std::string_view> {};

TEST_P(HelpGolden, Teaches) {
  CliWorld world;
  const std::string command(GetParam());
  std::string name = "help-" + command;
  for (char& letter : name) letter = letter == ' ' ? '-' : letter;
  EXPECT_TRUE(matches_golden(name, transcript(world, command + " --help")));
  for (const std::string_view line : base::split(world.out.text, '\n'))
    EXPECT_LE(base::display_width(line), 80U) << line;
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names;
  for (const cli::CommandSpec& command : cli::all_commands()) names.push_back(command.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Commands, HelpGolden, testing::ValuesIn(command_names()), [](const auto& parameter) {
  std::string name(parameter.param);
  for (char& letter : name) letter = letter == ' ' ? '_' : letter;
  return name;
});

TEST(HelpGolden, GivesAnOverview) {
  CliWorld world;
  EXPECT_TRUE(matches_golden("help-overview", transcript(world, "--help")));
}

class JsonGolden : public testing::TestWithParam<Case> {};

TEST_P(JsonGolden, HasThisShape) {
  CliWorld world;
  furnish(world);
  world.run(GetParam().command_line);
  const auto json = nlohmann::json::parse(world.out.text);
  EXPECT_TRUE(matches_golden("json-" + GetParam().name, json.dump(2) + "\n"));
}

INSTANTIATE_TEST_SUITE_P(Commands, JsonGolden,
                         testing::Values(Case{"status", "status --json"}, Case{"list", "list --json --udp"},
                                         Case{"show", "show 31337 --json"},
                                         Case{"history", "history --json --limit 1 --kind alert_raised"},
                                         Case{"alerts", "alerts list --json"}),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace portwatch::test
