// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace portwatch::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

Problems problems_of(std::string_view text) {
  const auto configuration = parse_configuration(text, "pw.toml");
  return configuration ? Problems{} : configuration.error();
}

TEST(ConfigurationToml, EmptyFileIsTheDefault) {
  const auto configuration = parse_configuration("# nothing\n", "pw.toml");
  ASSERT_TRUE(configuration);
  EXPECT_EQ(*configuration, Configuration{});
}

TEST(ConfigurationToml, ReadsEachKindOfValue) {
  const auto configuration = parse_configuration(R"(
profile = "server"
[scan]
interval = "250ms"
revisit_descriptors = 500
[policy]
locked = true
[history]
retention = "forever"
[state]
directory = "/srv/pw"
)",
                                                 "pw.toml");
  ASSERT_TRUE(configuration) << configuration.error().front();
  Configuration expected;
  expected.profile = ProfileChoice::kServer;
  expected.scan_interval = 250ms;
  expected.revisit_descriptors = 500;
  expected.is_policy_locked = true;
  expected.retention.reset();
  expected.state_directory = "/srv/pw";
  EXPECT_EQ(*configuration, expected);
}

TEST(ConfigurationToml, ControlCharactersAreRefusedWhereTheyStand) {
  EXPECT_THAT(problems_of(std::string_view("\n[\0log]\n", 8)),
              ElementsAre("pw.toml:2: a control character, \\x00; TOML allows none"));
  EXPECT_THAT(problems_of("# \x1b[2J\n"),
              ElementsAre("pw.toml:1: a control character, \\x1b; TOML allows none"));
  EXPECT_THAT(problems_of("\tprofile = 'laptop'\r\n"), testing::IsEmpty());
}

TEST(ConfigurationToml, WhatTheParserTakesForGrantedIsAnErrorWhenItIsNotSo) {
  EXPECT_THAT(problems_of("[\\u202e"), SizeIs(1));
  EXPECT_THAT(problems_of("[a]\n[[ ="), SizeIs(1));
  EXPECT_THAT(problems_of("profile \u00e9= 'laptop'"), SizeIs(1));
  EXPECT_THAT(problems_of("profile = 'laptop' \u00e9"), SizeIs(1));
}

TEST(ConfigurationToml, OutOfRangeNamesFileLineKeyValueAndWhatIsAllowed) {
  EXPECT_THAT(
      problems_of("[scan]\n\ninterval = \"5ms\"\n"),
      ElementsAre("pw.toml:3: scan.interval = \"5ms\": allowed is a duration from \"100ms\" to \"1h\""));
}

TEST(ConfigurationToml, WrongTypeSaysHowItIsWritten) {
  EXPECT_THAT(
      problems_of("[scan]\ninterval = 5\n"),
      ElementsAre(AllOf(StartsWith("pw.toml:2: scan.interval = 5: "), HasSubstr("a duration is text"))));
  EXPECT_THAT(problems_of("[policy]\nlocked = \"yes\"\n"),
              ElementsAre(HasSubstr("true or false; without quotes")));
  EXPECT_THAT(problems_of("[policy]\nself_approve = true\n"),
              ElementsAre(HasSubstr("did you mean \"yes\"?")));
  EXPECT_THAT(problems_of("[server]\nmax_sessions = 1.5\n"),
              ElementsAre(HasSubstr("a whole number from 1 to 4096")));
  EXPECT_THAT(problems_of("scan = 3\n"), ElementsAre(HasSubstr("pw.toml:1: there is no key scan")));
  EXPECT_THAT(problems_of("[profile]\n"), ElementsAre(HasSubstr("profile = (a section)")));
}

TEST(ConfigurationToml, UnknownKeyGetsASuggestion) {
  EXPECT_THAT(problems_of("[scan]\nintervall = \"1s\"\n"),
              ElementsAre("pw.toml:2: there is no key scan.intervall; did you mean scan.interval?"));
  EXPECT_THAT(problems_of("interval = \"1s\"\n"), ElementsAre(HasSubstr("did you mean scan.interval?")));
  EXPECT_THAT(problems_of("[scna]\ninterval = \"1s\"\n"),
              ElementsAre(HasSubstr("no section scna; did you mean scan?")));
  EXPECT_THAT(problems_of("[log]\nlevel = \"warn\"\n"), ElementsAre(HasSubstr("did you mean \"warning\"?")));
  EXPECT_THAT(problems_of("qqqqqqqqq = 1\n"), ElementsAre(HasSubstr("portwatch.toml(5)")));
}

TEST(ConfigurationToml, ReportsEveryProblemInTheOrderOfTheFile) {
  EXPECT_THAT(problems_of("zzz = 1\n[scan]\ninterval = 1\nbad = 2\n[log]\nlevel = 3\n"),
              ElementsAre(StartsWith("pw.toml:1:"), StartsWith("pw.toml:3:"), StartsWith("pw.toml:4:"),
                          StartsWith("pw.toml:6:")));
}

TEST(ConfigurationToml, BoundsHowManyProblemsAreReported) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "unknown" + std::to_string(i) + " = 1\n";
  EXPECT_THAT(problems_of(text), SizeIs(kMaxProblems));
}

TEST(ConfigurationToml, SyntaxErrorNamesTheLine) {
  EXPECT_THAT(problems_of("[scan]\ninterval = \n"), ElementsAre(StartsWith("pw.toml:2: ")));
}

TEST(ConfigurationToml, HostileTextInAProblemCannotActOnATerminal) {
  const Problems problems = problems_of("profile = \"\\u001b[2J\"\n\"\\u001b]0;x\" = 1\n");
  ASSERT_THAT(problems, SizeIs(2));
  for (const std::string& problem : problems) EXPECT_EQ(problem.find('\x1b'), std::string::npos) << problem;
}

TEST(ConfigurationToml, MissingFileIsTheDefaultUnlessItWasAskedFor) {
  const test::TempDir folder;
  const auto path = folder / "none.toml";
  EXPECT_EQ(read_configuration(path, false), Configuration{});
  const auto asked_for = read_configuration(path, true);
  ASSERT_FALSE(asked_for);
  EXPECT_THAT(asked_for.error(), ElementsAre(AllOf(HasSubstr(path.native()), HasSubstr("No such file"))));
}

TEST(ConfigurationToml, ReadsAFileAndNamesItInProblems) {
  const test::TempDir folder;
  const auto path = folder / "pw.toml";
  std::ofstream(path) << "[log]\nlevel = \"debug\"\n";
  const auto configuration = read_configuration(path, true);
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->log_level, LogLevel::kDebug);
  std::ofstream(path) << "oops\n";
  const auto broken = read_configuration(path, true);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error(), ElementsAre(StartsWith(path.native() + ":1: ")));
}

TEST(ConfigurationToml, RefusesWhatIsNoOrdinaryFileWithoutWaitingForIt) {
  const test::TempDir folder;
  const auto fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const auto& path : {fifo, folder.path()}) {
    const auto configuration = read_configuration(path, false);
    ASSERT_FALSE(configuration);
    EXPECT_THAT(configuration.error(), ElementsAre(HasSubstr("not an ordinary file")));
  }
}

TEST(ConfigurationToml, RefusesAFileThatOthersCanWriteWhenRootReadsIt) {
  const test::TempDir folder;
  const auto path = folder / "pw.toml";
  std::ofstream(path) << "[log]\nlevel = \"debug\"\n";
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  const auto open_to_all = read_configuration(path, true);
  if (geteuid() != 0) {
    EXPECT_TRUE(open_to_all);
    return;
  }
  ASSERT_FALSE(open_to_all);
  EXPECT_THAT(open_to_all.error(),
              ElementsAre(AllOf(HasSubstr(path.native()), HasSubstr("mode 0666"), HasSubstr("chmod go-w"))));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_EQ(chown(path.c_str(), 12345, 0), 0);
  const auto of_somebody = read_configuration(path, true);
  ASSERT_FALSE(of_somebody);
  EXPECT_THAT(of_somebody.error(), ElementsAre(HasSubstr("belongs to uid 12345")));
}

TEST(ConfigurationToml, RefusesAFileWithoutEnd) {
  const test::TempDir folder;
  const auto path = folder / "big.toml";
  std::ofstream(path) << std::string(kMaxConfigurationBytes + 1, '\n');
  const auto configuration = read_configuration(path, true);
  ASSERT_FALSE(configuration);
  EXPECT_THAT(configuration.error(), ElementsAre(HasSubstr("longer than")));
}

}  // namespace
}  // namespace portwatch::app
