// SPDX-License-Identifier: Apache-2.0
// The command line: which command is meant, what it is given, and what is said when it makes no sense.
#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

Arguments parse(std::string_view command, const Words& words) {
  const auto arguments = parse_arguments(*find_command(command), words);
  EXPECT_TRUE(arguments.has_value()) << arguments.error().message;
  return arguments.value_or(Arguments());
}

std::string complaint(std::string_view command, const Words& words) {
  const auto arguments = parse_arguments(*find_command(command), words);
  EXPECT_FALSE(arguments.has_value());
  return arguments ? std::string() : arguments.error().message;
}

Invocation invoke(const Words& words) {
  const auto invocation = find_invocation(words);
  EXPECT_TRUE(invocation.has_value()) << invocation.error().message;
  return invocation.value_or(Invocation());
}

TEST(Invocation, IsStatusWithoutACommand) {
  EXPECT_EQ(invoke({}).command, "status");
  EXPECT_EQ(invoke({"--json", "--socket", "list"}).command, "status") << "list is the socket's path here";
}

TEST(Invocation, IsShowForAPort) {
  for (const char* port : {"62893", ":3000", "udp/5353", "127.0.0.1:80", "[::1]:80",
                           "http://localhost:3000/x", "99999", "80a", "62893/tcpp", "sctp/80", "-1"}) {
    const Invocation invocation = invoke({port});
    EXPECT_EQ(invocation.command, "show") << port;
    EXPECT_THAT(invocation.words, ElementsAre(port));
  }
}

TEST(Invocation, GivesOptionsInFrontToTheCommand) {
  const Invocation invocation = invoke({"--json", "--socket", "/x", "list", "-t"});
  EXPECT_EQ(invocation.command, "list");
  EXPECT_THAT(invocation.words, ElementsAre("--json", "--socket", "/x", "-t"));
}

TEST(Invocation, FindsCommandsOfTwoWords) {
  EXPECT_EQ(invoke({"alerts"}).command, "alerts");
  EXPECT_EQ(invoke({"alerts", "--all"}).command, "alerts");
  EXPECT_EQ(invoke({"alerts", "--state", "open"}).command, "alerts") << "open is the state here";
  const Invocation approve = invoke({"alerts", "--json", "approve", "21"});
  EXPECT_EQ(approve.command, "alerts approve");
  EXPECT_THAT(approve.words, ElementsAre("--json", "21"));
}

TEST(Invocation, SuggestsTheCommandThatWasMeant) {
  EXPECT_THAT(find_invocation({"histroy"}).error().message, HasSubstr("did you mean history?"));
  EXPECT_THAT(find_invocation({"alerts", "aprove"}).error().message, HasSubstr("did you mean approve?"));
  EXPECT_THAT(find_invocation({"qqqqqqqq"}).error().message, testing::Not(HasSubstr("did you mean")));
}

TEST(Arguments, ReadsSwitchesValuesAndArguments) {
  const Arguments arguments =
      parse("history", {"-rf", "-n", "5", "--since=2h", "3000", "--kind", "opened", "--kind", "gap"});
  EXPECT_TRUE(arguments.has("--reverse"));
  EXPECT_TRUE(arguments.has("--follow"));
  EXPECT_FALSE(arguments.has("--json"));
  EXPECT_EQ(arguments.value("--lines"), "5");
  EXPECT_EQ(arguments.value("--since"), "2h");
  EXPECT_EQ(arguments.value("PORT"), "3000");
  EXPECT_THAT(arguments.values("--kind"), ElementsAre("opened", "gap"));
}

TEST(Arguments, ReadsDigitsAsSwitches) {
  const Arguments arguments = parse("list", {"-t4"});
  EXPECT_TRUE(arguments.has("--tcp"));
  EXPECT_TRUE(arguments.has("--ipv4"));
  EXPECT_TRUE(parse("list", {"-6"}).has("--ipv6"));
}

TEST(Arguments, TakesANumberBelowZeroForAWrongPort) {
  EXPECT_EQ(parse("show", {"-1"}).value("PORT"), "-1");
  EXPECT_EQ(parse("show", {"-1", "--json"}).value("PORT"), "-1");
}

TEST(Arguments, TakesAPortInBracketsAsItIs) {
  EXPECT_EQ(parse("show", {"[::1]:3000"}).value("PORT"), "[::1]:3000");
}

TEST(Arguments, GivesAnOptionOneWordAlone) {
  const Arguments arguments = parse("history", {"--kind", "opened", "3000", "--kind", "closed"});
  EXPECT_THAT(arguments.values("--kind"), ElementsAre("opened", "closed"));
  EXPECT_EQ(arguments.value("PORT"), "3000");
}

TEST(Arguments, EndsOptionsAtTwoDashes) {
  EXPECT_EQ(parse("show", {"--json", "--", "3000"}).value("PORT"), "3000");
  EXPECT_EQ(parse("show", {"--", "-x"}).value("PORT"), "-x");
}

TEST(Arguments, TakesSeveralIds) {
  EXPECT_THAT(parse("alerts approve", {"21", "#22"}).values("ID"), ElementsAre("21", "#22"));
}

TEST(Arguments, RefuseWhatIsNotThere) {
  EXPECT_THAT(complaint("list", {"--jsn"}), HasSubstr("no option --jsn; did you mean --json?"));
  EXPECT_THAT(complaint("list", {"--sockte=/x"}), HasSubstr("no option --sockte; did you mean --socket?"));
  EXPECT_THAT(complaint("list", {"3000"}), HasSubstr("takes no argument"));
  EXPECT_THAT(complaint("show", {"1", "2"}), HasSubstr("one argument too many"));
  EXPECT_THAT(complaint("show", {}), HasSubstr("needs PORT"));
  EXPECT_THAT(complaint("show", {"1", "--at"}), HasSubstr("show: --at needs a value: --at TIME"));
  EXPECT_THAT(complaint("list", {"--user"}), HasSubstr("list: --user needs a value: --user NAME"));
  for (const char* option : {"--program", "--user", "--port", "--socket"})
    EXPECT_THAT(complaint("list", {option, ""}), HasSubstr("needs a value")) << option;
  EXPECT_THAT(complaint("history", {"-n", "1", "-n", "2"}), HasSubstr("--lines was given twice"));
}

TEST(Arguments, GiveHelpWhateverElseIsWrong) {
  EXPECT_TRUE(parse("show", {"--help"}).has("--help"));
  EXPECT_TRUE(parse("show", {"1", "2", "-h", "--nonsense"}).has("--help"));
}

TEST(Commands, AreDescribedWhole) {
  for (const CommandSpec& command : all_commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    for (const OptionSpec& option : options_of(command)) {
      EXPECT_TRUE(option.long_name.starts_with("--")) << option.long_name;
      EXPECT_FALSE(option.help.empty()) << option.long_name;
    }
  }
}

}  // namespace
}  // namespace portwatch::cli
