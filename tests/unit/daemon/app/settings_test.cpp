// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/settings.h"

#include <gtest/gtest.h>

namespace portwatch::app {
namespace {

Surroundings somebody(std::uint32_t uid = 1000) {
  return {.service = {},
          .uid = base::Uid{uid},
          .system = {"/etc/pw.toml", "/var/lib/pw", "/run/pw/pw.sock"},
          .personal = {"/home/ana/pw.toml", "/home/ana/state", "/run/user/1000/pw.sock"}};
}

Surroundings service() {
  Surroundings surroundings = somebody(990);
  surroundings.personal = {};
  surroundings.service = {
      .is_system_service = true, .state_directory = "/var/lib/other", .runtime_directory = "/run/other"};
  return surroundings;
}

TEST(Settings, PersonWorksInPlacesOfTheirOwnAsALaptop) {
  const auto settings = resolve({}, {}, somebody());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->state_directory, "/home/ana/state");
  EXPECT_EQ(settings->socket, "/run/user/1000/pw.sock");
  EXPECT_EQ(settings->profile, model::Profile::kLaptop);
  EXPECT_FALSE(settings->is_for_everybody);
}

TEST(Settings, RootWorksInTheSystemsPlacesAsAServerForEverybody) {
  const auto settings = resolve({}, {}, somebody(0));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->state_directory, "/var/lib/pw");
  EXPECT_EQ(settings->socket, "/run/pw/pw.sock");
  EXPECT_EQ(settings->profile, model::Profile::kServer);
  EXPECT_TRUE(settings->is_for_everybody);
}

TEST(Settings, RootElsewhereIsALaptopForRootAlone) {
  const auto settings =
      resolve({.state_directory = "/root/pw", .socket = "/root/pw/pw.sock"}, {}, somebody(0));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->profile, model::Profile::kLaptop);
  EXPECT_FALSE(settings->is_for_everybody);
}

TEST(Settings, ReplayStaysInItsFolderAndOutOfTheUsualOnes) {
  Configuration configuration;
  configuration.socket = "/run/other.sock";
  const auto settings = resolve({.state_directory = "/tmp/r", .replay = "t"}, configuration, somebody(0));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->socket, "/tmp/r/pw.sock");
  EXPECT_FALSE(settings->is_for_everybody);
  for (const char* usual : {"/var/lib/pw", "/var/lib/pw/../pw", "/home/ana/state"})
    EXPECT_FALSE(resolve({.state_directory = usual, .replay = "t"}, {}, somebody(0))) << usual;
}

TEST(Settings, SystemServiceUsesTheFoldersThatItsManagerMade) {
  const auto settings = resolve({}, {}, service());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->state_directory, "/var/lib/other");
  EXPECT_EQ(settings->socket, "/run/other/pw.sock");
  EXPECT_EQ(settings->profile, model::Profile::kServer);
  EXPECT_TRUE(settings->is_for_everybody);
}

TEST(Settings, CommandLineWinsOverTheFileWhichWinsOverTheManager) {
  Configuration configuration;
  configuration.state_directory = "/from/file";
  configuration.socket = "/from/file.sock";
  configuration.log_level = LogLevel::kError;
  auto settings = resolve({}, configuration, service());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->state_directory, "/from/file");
  EXPECT_EQ(settings->socket, "/from/file.sock");
  EXPECT_EQ(settings->log_level, LogLevel::kError);
  settings =
      resolve({.state_directory = "/from/line", .socket = "/from/line.sock", .log_level = LogLevel::kDebug},
              configuration, service());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->state_directory, "/from/line");
  EXPECT_EQ(settings->socket, "/from/line.sock");
  EXPECT_EQ(settings->log_level, LogLevel::kDebug);
}

TEST(Settings, ConfiguredProfileAndAudienceWinOverWhatWouldBeGuessed) {
  Configuration configuration;
  configuration.profile = ProfileChoice::kServer;
  configuration.audience = AudienceChoice::kEverybody;
  auto settings = resolve({}, configuration, somebody());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->profile, model::Profile::kServer);
  EXPECT_TRUE(settings->is_for_everybody);
  configuration.profile = ProfileChoice::kLaptop;
  configuration.audience = AudienceChoice::kOwner;
  settings = resolve({}, configuration, service());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->profile, model::Profile::kLaptop);
  EXPECT_FALSE(settings->is_for_everybody);
}

TEST(Settings, WithoutAHomeThePlacesMustBeGiven) {
  Surroundings homeless = somebody();
  homeless.personal = {};
  EXPECT_FALSE(resolve({}, {}, homeless));
  EXPECT_FALSE(locate_configuration({}, homeless));
  EXPECT_TRUE(resolve({.state_directory = "/s", .socket = "/s/pw.sock"}, {}, homeless));
  EXPECT_TRUE(locate_configuration({.config = "/c.toml"}, homeless));
}

TEST(Settings, OnlyAConfigurationThatWasAskedForMustExist) {
  const auto usual = locate_configuration({}, somebody());
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->path, "/home/ana/pw.toml");
  EXPECT_FALSE(usual->must_exist);
  const auto of_root = locate_configuration({}, somebody(0));
  ASSERT_TRUE(of_root);
  EXPECT_EQ(of_root->path, "/etc/pw.toml");
  const auto asked_for = locate_configuration({.config = "/c.toml"}, somebody());
  ASSERT_TRUE(asked_for);
  EXPECT_EQ(asked_for->path, "/c.toml");
  EXPECT_TRUE(asked_for->must_exist);
}

TEST(Settings, PeopleMayApproveTheirOwnOnALaptopUnlessItIsSaidOtherwise) {
  Configuration configuration;
  EXPECT_TRUE(may_self_approve(configuration, model::Profile::kLaptop));
  EXPECT_FALSE(may_self_approve(configuration, model::Profile::kServer));
  configuration.self_approve = SelfApproval::kYes;
  EXPECT_TRUE(may_self_approve(configuration, model::Profile::kServer));
  configuration.self_approve = SelfApproval::kNo;
  EXPECT_FALSE(may_self_approve(configuration, model::Profile::kLaptop));
}

}  // namespace
}  // namespace portwatch::app
