// SPDX-License-Identifier: Apache-2.0
// What our programs say of their own arguments, environment and configuration, when somebody else wrote
// those.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <initializer_list>
#include <string>

#include "tests/attack/names/hostile_names.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {
namespace {

using testing::HasSubstr;

TEST(OwnArguments, OfPortwatchctlAreQuotedHarmlessly) {
  const DaemonHarness daemon;
  const std::string ctl = daemon.ctl_argv({}).front();
  for (const HostileName& name : few_hostile_names()) {
    SCOPED_TRACE(name.what);
    const std::string& word = name.bytes;
    const std::vector<std::vector<std::string>> rows{{word},
                                                     {"show", word},
                                                     {"list", "--" + word},
                                                     {"history", "--since", word},
                                                     {"alerts", "show", word},
                                                     {"help", word}};
    for (const auto& row : rows) {
      std::vector<std::string> argv{ctl};
      argv.insert(argv.end(), row.begin(), row.end());
      const Outcome outcome = run_child(argv, {.environment = {{"PORTWATCH_SOCKET", "/nowhere/s"}}});
      EXPECT_EQ(fault_in(outcome, false), "") << row.front();
      EXPECT_GE(outcome.exit_code, name.bytes == "--json" ? 0 : 1);
      EXPECT_LT(outcome.exit_code, 7);
    }
    const Outcome variable = run_child({ctl}, {.environment = {{"PORTWATCH_SOCKET", "/nowhere/" + word}}});
    EXPECT_EQ(fault_in(variable, false), "");
    EXPECT_THAT(variable.exit_code, testing::AnyOf(2, 3));
    const Outcome surroundings =
        run_child({ctl, "status"}, {.environment = {{"PORTWATCH_SOCKET", ""},
                                                    {"HOME", "/nowhere/" + word},
                                                    {"XDG_RUNTIME_DIR", "/nowhere/" + word},
                                                    {"TZ", word},
                                                    {"TERM", word}}});
    EXPECT_EQ(fault_in(surroundings, false), "");
  }
}

TEST(OwnArguments, ASocketOfAnyNameIsQuotedHarmlessly) {
  const DaemonHarness daemon;
  const std::string ctl = daemon.ctl_argv({}).front();
  for (const HostileName& name : hostile_names()) {
    const Outcome outcome = run_child({ctl, "--socket", "/nowhere/" + name.bytes, "status"});
    EXPECT_EQ(fault_in(outcome, false), "") << name.what;
    EXPECT_THAT(outcome.exit_code, testing::AnyOf(2, 3, 6)) << name.what;
  }
}

TEST(OwnArguments, OfPortwatchdAreQuotedHarmlessly) {
  const DaemonHarness daemon;
  for (const HostileName& name : few_hostile_names()) {
    SCOPED_TRACE(name.what);
    for (const std::vector<std::string>& row : std::initializer_list<std::vector<std::string>>{
             {name.bytes},
             {"--" + name.bytes},
             {"--log-level", name.bytes},
             {"--config", "/nowhere/" + name.bytes},
             {"--config", daemon.configuration_file(), "--state-dir", "/dev/null/" + name.bytes, "--socket",
              daemon.socket()}}) {
      const Outcome outcome = daemon.portwatchd(row);
      EXPECT_EQ(fault_in(outcome, false), "") << row.front();
      EXPECT_THAT(outcome.exit_code, testing::AnyOf(2, 4, 6)) << row.front();
    }
  }
}

std::string as_toml(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return '"' + text + '"';
}

TEST(OwnArguments, AConfigurationIsQuotedHarmlessly) {
  const DaemonHarness daemon;
  for (const HostileName& name : few_hostile_names()) {
    SCOPED_TRACE(name.what);
    const std::string text = as_toml(name.bytes);
    for (const std::string& content :
         {"profile = " + text + "\n", text + " = 1\n", "[" + text + "]\nx = 1\n",
          "[scan]\n" + text + " = " + text + "\n", name.bytes + "\n", "profile = \"" + name.bytes}) {
      daemon.write_configuration(content);
      const Outcome outcome = daemon.portwatchd({"--check-config", "--config", daemon.configuration_file()});
      EXPECT_EQ(fault_in(outcome, false), "") << content;
      EXPECT_EQ(outcome.exit_code, 2) << content;
    }
  }
}

TEST(OwnArguments, AHostileConfigurationThatIsReloadedReachesTheLogHarmlessly) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  daemon.write_configuration("profile = \"\\u001b[31mred\\u202e\"\n[scan]\n\"\\u009b31m\" = 1\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(daemon.has_said("was not reloaded"));
  EXPECT_EQ(fault_in_text(daemon.log()), "");
  EXPECT_THAT(daemon.log(), HasSubstr("\\x1b[31mred\\u202e"));
}

}  // namespace
}  // namespace portwatch::test
