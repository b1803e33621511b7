// SPDX-License-Identifier: Apache-2.0
// What Windows says of the person, the machine's places, the users and the console.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/platform/paths.h"
#include "common/platform/terminal.h"
#include "common/platform/user_name.h"

namespace portwatch::platform {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST(WindowsPaths, OfAPersonLieInTheirProfileAndThePipeHasTheirSid) {
  const auto person = current_person();
  ASSERT_TRUE(person.has_value()) << person.error().message;
  const Locations locations = personal_locations(*person);
  EXPECT_TRUE(locations.config_file.is_absolute());
  EXPECT_EQ(locations.config_file.filename(), "portwatch.toml");
  EXPECT_NE(person->config_home, person->state_home);
  EXPECT_EQ(locations.state_dir, person->state_home / "portwatch");
  EXPECT_THAT(locations.socket.string(), StartsWith(R"(\\.\pipe\portwatch-S-1-5-)"));
}

TEST(WindowsPaths, OfTheSystemLieInProgramData) {
  const Locations locations = system_locations();
  EXPECT_TRUE(locations.state_dir.is_absolute());
  EXPECT_EQ(locations.state_dir.filename(), "portwatch");
  EXPECT_EQ(locations.config_file, locations.state_dir / "portwatch.toml");
  EXPECT_EQ(locations.socket.string(), R"(\\.\pipe\portwatch)");
}

TEST(WindowsPaths, AskThePersonsPipeFirstAndNoneTwice) {
  EXPECT_THAT(socket_candidates({.home = "C:/Users/ana", .pipe = R"(\\.\pipe\portwatch-S-1)"}),
              ElementsAre(R"(\\.\pipe\portwatch-S-1)", R"(\\.\pipe\portwatch)"));
}

TEST(WindowsUsers, AreKnownByTheNamesOfTheirAccounts) {
  EXPECT_TRUE(is_user("SYSTEM"));
  EXPECT_FALSE(is_user("nobody has this name"));
}

TEST(WindowsTerminal, APipeIsNone) {
  EXPECT_FALSE(terminal_facts(1).is_terminal);  // the runner of tests reads what we print
  EXPECT_FALSE(terminal_facts(-1).is_terminal);
  EXPECT_FALSE(terminal_facts(1000).is_terminal);
}

}  // namespace
}  // namespace portwatch::platform
