// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace portwatch::app {
namespace {

using testing::HasSubstr;

std::expected<Options, Exit> parse(const std::vector<std::string>& arguments) {
  return parse_options(arguments);
}

TEST(Options, AreAllUnsetWithoutArguments) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_EQ(*options, Options{});
}

TEST(Options, ReadPlacesAndLevelInBothSpellings) {
  const auto options =
      parse({"--config", "/c.toml", "--state-dir=/s", "--socket", "/r/pw.sock", "--log-level=warning"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config, "/c.toml");
  EXPECT_EQ(options->state_directory, "/s");
  EXPECT_EQ(options->socket, "/r/pw.sock");
  EXPECT_EQ(options->log_level, LogLevel::kWarning);
}

TEST(Options, HelpGoesToStdoutAndSucceeds) {
  const auto options = parse({"--help"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, kExitOk);
  for (const char* part :
       {"--config", "--state-dir", "--socket", "--check-config", "--once", "SIGHUP", "Examples"})
    EXPECT_THAT(options.error().out, HasSubstr(part));
  EXPECT_EQ(options.error().err, "");
}

TEST(Options, VersionNamesTheProgram) {
  for (const char* option : {"--version", "-V"}) {
    const auto options = parse({option});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, kExitOk);
    EXPECT_THAT(options.error().out, testing::MatchesRegex("portwatchd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  }
}

TEST(Options, UnknownOptionIsAUsageErrorWithASuggestion) {
  const auto options = parse({"--state-dri", "/s"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, kExitUsage);
  EXPECT_EQ(options.error().out, "");
  EXPECT_THAT(options.error().err, HasSubstr("did you mean --state-dir?"));
  EXPECT_THAT(options.error().err, HasSubstr("--help"));
}

TEST(Options, StrayWordIsAUsageErrorThatCannotActOnATerminal) {
  const auto options = parse({"sta\x1b[2Jrt"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, kExitUsage);
  EXPECT_THAT(options.error().err, HasSubstr("\\x1b"));
  EXPECT_THAT(options.error().err, testing::Not(HasSubstr("\x1b")));
}

TEST(Options, UnknownLevelIsAUsageErrorThatListsTheLevels) {
  const auto options = parse({"--log-level", "loud"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, kExitUsage);
  for (const char* level : {"debug", "info", "warning", "error"})
    EXPECT_THAT(options.error().err, HasSubstr(level));
}

TEST(Options, MistakesAreToldInSentences) {
  const auto complaint = [](const std::vector<std::string>& arguments) {
    return parse(arguments).error().err;
  };
  EXPECT_THAT(complaint({"foo"}), HasSubstr("portwatchd: it takes no argument, but got 'foo'\n"));
  EXPECT_THAT(complaint({"--sta"}), HasSubstr("portwatchd: there is no option --sta\n"));
  EXPECT_THAT(complaint({"--config"}), HasSubstr("portwatchd: --config needs a value: --config FILE\n"));
  EXPECT_THAT(complaint({"--replay", "a", "--replay", "b"}),
              HasSubstr("--replay is given 2 times: give it once"));
  EXPECT_THAT(complaint({"--log-level", "loud"}),
              HasSubstr("portwatchd: --log-level: 'loud' is none of debug, info, warning, error\n"));
  EXPECT_THAT(complaint({"--once", "--check-config"}), HasSubstr("give one of them\n"));
}

TEST(Options, PlacesMustNotBeEmpty) {
  for (const char* option : {"--config=", "--state-dir=", "--socket="}) {
    const auto options = parse({option});
    ASSERT_FALSE(options) << option;
    EXPECT_EQ(options.error().code, kExitUsage);
  }
}

TEST(Options, ReplayNeedsAPlaceOfItsOwnAndRecordSomethingToWatch) {
  const auto complaint = [](const std::vector<std::string>& arguments) {
    const auto options = parse(arguments);
    return options ? "" : options.error().err;
  };
  EXPECT_THAT(complaint({"--replay", "t"}), HasSubstr("--state-dir DIR, or --once"));
  EXPECT_EQ(complaint({"--replay", "t", "--state-dir", "/s"}), "");
  EXPECT_EQ(complaint({"--replay", "t", "--once"}), "");
  EXPECT_THAT(complaint({"--replay", "t", "--record", "u", "--state-dir", "/s"}),
              HasSubstr("give one of them"));
  EXPECT_THAT(complaint({"--replay", "t", "--check-config"}), HasSubstr("give one of them"));
  EXPECT_THAT(complaint({"--record", "t", "--once"}), HasSubstr("--record goes with watching alone"));
  EXPECT_EQ(parse({"--record", "t"})->record, "t");
}

TEST(Options, OnceAndCheckConfigExcludeEachOther) {
  const auto options = parse({"--once", "--check-config"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, kExitUsage);
}

}  // namespace
}  // namespace portwatch::app
