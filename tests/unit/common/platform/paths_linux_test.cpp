// SPDX-License-Identifier: Apache-2.0

// Where the default places lie, for a person and for the system, whatever the environment says.

#include "common/platform/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace portwatch::platform {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

/// Sets an environment variable and puts the old value back.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, std::optional<std::string> value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable() { set(old_); }

 private:
  void set(const std::optional<std::string>& value) {
    if (value)
      setenv(name_, value->c_str(), 1);
    else
      unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(Paths, FollowTheXdgDefaultsBelowHome) {
  const Person ana{.home = "/home/ana"};
  EXPECT_EQ(personal_locations(ana),
            (Locations{.config_file = "/home/ana/.config/portwatch/portwatch.toml",
                       .state_dir = "/home/ana/.local/state/portwatch",
                       .socket = "/home/ana/.local/state/portwatch/portwatch.sock"}));
}

TEST(Paths, FollowTheXdgVariables) {
  const Person ana{
      .home = "/home/ana", .config_home = "/c", .state_home = "/s", .runtime_dir = "/run/user/1000"};
  EXPECT_EQ(personal_locations(ana), (Locations{.config_file = "/c/portwatch/portwatch.toml",
                                                .state_dir = "/s/portwatch",
                                                .socket = "/run/user/1000/portwatch/portwatch.sock"}));
}

TEST(Paths, OfTheSystemAreThoseOfTheHierarchyStandard) {
  EXPECT_EQ(system_locations(), (Locations{.config_file = "/etc/portwatch/portwatch.toml",
                                           .state_dir = "/var/lib/portwatch",
                                           .socket = "/run/portwatch/portwatch.sock"}));
}

TEST(Paths, LookForThePersonsSocketBeforeTheSystems) {
  EXPECT_THAT(
      socket_candidates({.home = "/home/ana", .runtime_dir = "/run/user/1000"}),
      ElementsAre("/run/user/1000/portwatch/portwatch.sock",
                  "/home/ana/.local/state/portwatch/portwatch.sock", "/run/portwatch/portwatch.sock"));
}

TEST(Paths, NameNoCandidateTwice) {
  EXPECT_THAT(
      socket_candidates({.home = "/home/ana"}),
      ElementsAre("/home/ana/.local/state/portwatch/portwatch.sock", "/run/portwatch/portwatch.sock"));
  EXPECT_THAT(socket_candidates({.home = "/root", .runtime_dir = "/run"}),
              ElementsAre("/run/portwatch/portwatch.sock", "/root/.local/state/portwatch/portwatch.sock"));
}

TEST(CurrentPerson, TakesAbsolutePathsOfTheEnvironmentAlone) {
  const ScopedVariable home("HOME", "/home/ana");
  const ScopedVariable state("XDG_STATE_HOME", "relative/state");
  const ScopedVariable config("XDG_CONFIG_HOME", "/etc/ana");
  const ScopedVariable runtime("XDG_RUNTIME_DIR", std::nullopt);
  const auto person = current_person();
  ASSERT_TRUE(person.has_value());
  EXPECT_EQ(person->home, "/home/ana");
  EXPECT_EQ(person->state_home, "");
  EXPECT_EQ(person->config_home, "/etc/ana");
  EXPECT_EQ(person->runtime_dir, "");
}

TEST(CurrentPerson, TakesHomeFromThePasswordDatabaseWhenTheEnvironmentHasNone) {
  const ScopedVariable home("HOME", std::nullopt);
  const auto person = current_person();
  if (person) {
    EXPECT_TRUE(person->home.is_absolute());
  } else {
    EXPECT_EQ(person.error().code, base::ErrorCode::kNotFound);
  }
}

TEST(CurrentPerson, TrustsARuntimeFolderOnlyIfItIsTheirs) {
  std::string own = (fs::path(testing::TempDir()) / "portwatch-runtime-XXXXXX").string();
  ASSERT_NE(mkdtemp(own.data()), nullptr);
  {
    const ScopedVariable runtime("XDG_RUNTIME_DIR", own);
    EXPECT_EQ(current_person().value().runtime_dir, own);
  }
  fs::remove(own);
  const ScopedVariable gone("XDG_RUNTIME_DIR", own);
  EXPECT_EQ(current_person().value().runtime_dir, "");
}

}  // namespace
}  // namespace portwatch::platform
