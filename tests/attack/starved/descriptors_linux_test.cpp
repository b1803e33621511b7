// SPDX-License-Identifier: Apache-2.0
// No descriptor is left: from the start, and eaten up by clients while it runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "common/base/assert.h"
#include "tests/attack/starved/watched.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

void limit_descriptors(int pid, rlim_t most) {
  rlimit now{};
  PW_ASSERT(prlimit(pid, RLIMIT_NOFILE, nullptr, &now) == 0);
  now.rlim_cur = most;
  PW_ASSERT(prlimit(pid, RLIMIT_NOFILE, &now, nullptr) == 0);
}

std::size_t descriptors_of(int pid) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

/// Of the processor, by proc_pid_stat(5).
std::chrono::milliseconds time_used_by(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  long user = 0, system = 0;
  rest >> user >> system;
  return std::chrono::milliseconds{(user + system) * 1000 / sysconf(_SC_CLK_TCK)};
}

TEST(FewDescriptors, AtTheStartAreEnoughOrItSaysWhyItEnds) {
  DaemonHarness refused({.descriptors = 12});
  refused.launch();
  EXPECT_EQ(refused.wait(), 6);
  EXPECT_THAT(refused.log(),
              testing::HasSubstr("only 12 files may be open at once, and at least 32 are needed"));
  DaemonHarness daemon({.descriptors = 32});
  const ListeningSocket socket;
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(daemon.sees(socket.port()));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST(NoDescriptors, CloseNothingAndAcceptAgainOnceThereAreSome) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(socket.port()).size() == 1; }));
  const auto early = daemon.client();
  const auto count_looks = [&] {
    const Json status = early->call("status");
    EXPECT_TRUE(status.is_object()) << "who is connected is answered";
    return status.is_object() ? status.at("scan").at("count").get<std::uint64_t>() : 0;
  };
  const std::size_t events_before = daemon.events_on(socket.port()).size();

  // All that is asked below was asked once: UndefinedBehaviorSanitizer needs a descriptor for each type that
  // it has not seen, and takes it for broken when there is none.
  (void)count_looks();
  EXPECT_TRUE(early->call("listeners.list").is_object());
  std::filesystem::remove(daemon.configuration_file());
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_said("the old one stays")) << "it has put an error of the system into words";
  // Room for one more client; whoever comes then waits, or is turned away. Turned away while a look holds
  // descriptors, they leave room for the next look: others come until none is left.
  limit_descriptors(daemon.pid(), descriptors_of(daemon.pid()) + 1);
  std::vector<std::unique_ptr<RpcClient>> crowd;
  const auto says_so = [&] {
    const Json status = early->call("status");
    return status.is_object() &&
           (!status.at("scan").at("problem").is_null() || !status.at("coverage").at("holes").empty());
  };
  EXPECT_TRUE(wait_until([&] {
    crowd.push_back(std::make_unique<RpcClient>(daemon.socket()));
    return says_so();
  })) << early->call("status").dump(1);
  const auto used_before = time_used_by(daemon.pid());
  const auto since = std::chrono::steady_clock::now();
  const std::uint64_t looks = count_looks();
  EXPECT_TRUE(wait_until([&] { return count_looks() >= looks + 5; })) << "it goes on looking, or trying to";
  const auto waited = std::chrono::steady_clock::now() - since;
  EXPECT_LT((time_used_by(daemon.pid()) - used_before) * 2, waited) << "it spins";

  const Json live = early->call("listeners.list", {{"port", std::to_string(socket.port())}});
  EXPECT_EQ(live.at("listeners").size(), 1U) << "what cannot be seen is not gone";

  crowd.clear();
  limit_descriptors(daemon.pid(), 1024);
  ASSERT_TRUE(wait_until([&] {
    const auto client = daemon.client();
    return client->is_connected() && client->call("status").is_object();
  }));
  ASSERT_TRUE(wait_until([&] { return daemon.client()->call("status").at("scan").at("problem").is_null(); }));
  ASSERT_TRUE(daemon.looks_again(3));
  EXPECT_EQ(daemon.events_on(socket.port()).size(), events_before);
  EXPECT_EQ(daemon.listeners_on(socket.port()).at(0).at("attribution"), "exact");
  const ListeningSocket after;
  EXPECT_TRUE(daemon.sees(after.port()));
}

}  // namespace
}  // namespace portwatch::test
