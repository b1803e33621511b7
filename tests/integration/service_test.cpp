// SPDX-License-Identifier: Apache-2.0
// As a service: what the service manager is told, and what portwatchd takes from it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/notify_socket.h"

namespace portwatch::test {
namespace {

using testing::HasSubstr;

TEST(Service, TellsItsManagerWhenItIsReadyReloadsAndStops) {
  const TempDir folder;
  NotifySocket manager(folder / "notify");
  DaemonHarness::Options options;
  options.environment = {{"NOTIFY_SOCKET", (folder / "notify").native()}};
  DaemonHarness daemon(options);
  daemon.launch();
  ASSERT_TRUE(wait_until([&] { return manager.told().find("READY=1\n") != std::string::npos; }));
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0) << "ready means that it answers";
  EXPECT_THAT(manager.told(), HasSubstr("STATUS="));

  const std::size_t before = manager.told().size();
  daemon.signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return manager.told().find("READY=1\n", before) != std::string::npos; }));
  const std::size_t reloading = manager.told().find("RELOADING=1\n", before);
  ASSERT_NE(reloading, std::string::npos);
  EXPECT_LT(reloading, manager.told().find("READY=1\n", before));
  EXPECT_THAT(manager.told(), HasSubstr("MONOTONIC_USEC="));

  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_THAT(manager.told(), HasSubstr("STOPPING=1\n"));
}

TEST(Service, WorksInTheFoldersOfItsManagerAsAServerThatEverybodyMayAsk) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "state");
  std::filesystem::create_directory(folder / "run");
  DaemonHarness::Options options;
  options.has_places_by_option = false;
  options.arguments = {"--config", (folder / "portwatch.toml").native()};
  options.environment = {{"STATE_DIRECTORY", (folder / "state").native()},
                         {"RUNTIME_DIRECTORY", (folder / "run").native()}};
  DaemonHarness daemon(options);
  std::filesystem::copy_file(daemon.configuration_file(), folder / "portwatch.toml");
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(std::filesystem::exists(folder / "state/portwatch.db"));
  struct stat status{};
  ASSERT_EQ(stat((folder / "run/portwatch.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
  RpcClient client(folder / "run/portwatch.sock");
  client.hello();
  EXPECT_EQ(client.call("status").at("profile"), "server");
}

}  // namespace
}  // namespace portwatch::test
