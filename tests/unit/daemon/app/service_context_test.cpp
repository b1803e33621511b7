// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/service_context.h"

#include <gtest/gtest.h>

#include <map>

namespace portwatch::app {
namespace {

ServiceContext read(std::map<std::string, std::string> variables) {
  const Environment environment = [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return read_service_context(environment, 4711);
}

TEST(ServiceContext, IsNothingWithoutAManager) {
  EXPECT_EQ(read({}), ServiceContext{});
}

TEST(ServiceContext, KnowsASystemService) {
  const auto context = read({{"SYSTEMD_EXEC_PID", "4711"},
                             {"STATE_DIRECTORY", "/var/lib/pw:/var/lib/second"},
                             {"RUNTIME_DIRECTORY", "/run/pw"}});
  EXPECT_TRUE(context.is_system_service);
  EXPECT_EQ(context.state_directory, "/var/lib/pw");
  EXPECT_EQ(context.runtime_directory, "/run/pw");
}

TEST(ServiceContext, KnowsASystemServiceOfAnOlderManager) {
  EXPECT_TRUE(read({{"STATE_DIRECTORY", "/var/lib/pw"}}).is_system_service);
}

TEST(ServiceContext, IgnoresWhatAParentThatIsAServiceLeftBehind) {
  EXPECT_EQ(read({{"SYSTEMD_EXEC_PID", "12"}, {"STATE_DIRECTORY", "/var/lib/runner"}}), ServiceContext{});
}

TEST(ServiceContext, TakesFoldersButNotTheSystemsPlaceFromAPersonsManager) {
  const auto context = read(
      {{"SYSTEMD_EXEC_PID", "4711"}, {"MANAGERPID", "900"}, {"STATE_DIRECTORY", "/home/ana/.config/pw"}});
  EXPECT_FALSE(context.is_system_service);
  EXPECT_EQ(context.state_directory, "/home/ana/.config/pw");
}

TEST(ServiceContext, IgnoresAFolderThatIsNotAbsolute) {
  EXPECT_EQ(read({{"SYSTEMD_EXEC_PID", "4711"}, {"STATE_DIRECTORY", "pw"}}).state_directory, std::nullopt);
}

}  // namespace
}  // namespace portwatch::app
