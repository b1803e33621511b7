// SPDX-License-Identifier: Apache-2.0
// Many at once: sockets of one port that come and go, processes that end while they are looked up,
// descriptors.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>

#include "common/platform/descriptor.h"
#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/listening_socket.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {
namespace {

/// As many descriptors as this process may have, and at most `wanted`.
std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit highest{.rlim_cur = wanted, .rlim_max = std::max<rlim_t>(limit.rlim_max, wanted)};
  if (::setrlimit(RLIMIT_NOFILE, &highest) == 0) return wanted;
  highest = {.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted), .rlim_max = limit.rlim_max};
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &highest), 0);
  return highest.rlim_cur;
}

/// The ids of all listeners on a port, over all pages.
std::set<std::string> listeners_on(const DaemonHarness& daemon, std::uint16_t port) {
  std::set<std::string> ids;
  const auto client = daemon.client();
  Json params{{"port", std::to_string(port)}};
  for (;;) {
    const Json page = client->call("listeners.list", params);
    if (!page.is_object()) return ids;
    for (const Json& listener : page.at("listeners")) ids.insert(listener.at("id"));
    if (page.at("next").is_null()) return ids;
    params["after"] = page.at("next");
  }
}

TEST(Many, TwoThousandSocketsOfOnePortAreNeverClosedByTheChurnAroundThem) {
  constexpr std::size_t kSteady = 2'000;
  ASSERT_GE(raise_descriptor_limit(kSteady + 200), kSteady + 100);
  std::vector<ListeningSocket> steady;
  steady.emplace_back(SocketWishes{.shares_port = true});
  const std::uint16_t port = steady.front().port();
  while (steady.size() < kSteady) steady.emplace_back(SocketWishes{.port = port, .shares_port = true});
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const std::set<std::string> before = listeners_on(daemon, port);
  ASSERT_EQ(before.size(), kSteady);

  const pid_t churn = ::fork();
  if (churn == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    steady.clear();
    for (;;) {
      std::vector<ListeningSocket> passing;
      for (int i = 0; i < 20; ++i) passing.emplace_back(SocketWishes{.port = port, .shares_port = true});
    }
  }
  for (int turn = 0; turn < 2; ++turn) EXPECT_TRUE(daemon.looks_again(6));
  ::kill(churn, SIGKILL);
  ::waitpid(churn, nullptr, 0);

  // A false close would have given the socket another id, because it opens anew.
  std::set<std::string> after;
  EXPECT_TRUE(wait_until([&] {
    after = listeners_on(daemon, port);
    return after.size() == kSteady;
  })) << after.size();
  EXPECT_EQ(after, before);
}

TEST(Many, AThousandProcessesThatEndWhileTheyAreLookedUpChangeNothing) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  const std::uint16_t port = socket.port();
  const std::string id = only_listener(daemon, port).at("id");
  // They come from a small process, because a fork of this one takes long.
  ChildProcess churn(
      {"/bin/sh", "-c",
       "i=0; while [ $i -lt 100 ]; do for j in 1 2 3 4 5 6 7 8 9 0; do : & done; wait; i=$((i+1)); done"});
  ASSERT_EQ(churn.wait(std::chrono::seconds{60}), 0);
  const Json listener = listener_of(daemon, port, {::getpid()});
  EXPECT_EQ(pids_of(listener), std::multiset{::getpid()});
  EXPECT_EQ(listener.at("id"), id);
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_EQ(daemon.alerts_on(port).size(), 1U);
  const auto status = daemon.client()->call("status");
  EXPECT_TRUE(status.at("scan").at("problem").is_null());
  for (const Json& event : daemon.events_on(port)) {
    EXPECT_NE(event.at("kind"), "closed");
    if (event.contains("listener") && event.at("listener").is_object())
      EXPECT_FALSE(event.at("listener").at("owners").empty());
  }
}

TEST(Many, HoldersWithLongHostileArgumentsMakeNoAnswerTooLarge) {
  // Each is 4,000 control characters, six times as many in JSON: more than an answer may hold.
  constexpr std::size_t kHolders = 720;
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const std::uint16_t port = free_named_port();
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.port = port, .is_inherited = true});
  // They wait for somebody who writes into the pipe.
  const TempDir folder;
  const std::string pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ChildProcess crowd({"/bin/sh", "-c", "i=0; while [ $i -lt 720 ]; do (: <$1) & i=$((i+1)); done; wait", "sh",
                      pipe, std::string(3'900, '\x01')});
  // Whatever happens, they are let go, and the crowd ends when all have.
  const auto let_go = [&](void*) {
    const platform::Descriptor writer(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
    static_cast<void>(crowd.wait(std::chrono::seconds{60}));
  };
  const std::unique_ptr<void, decltype(let_go)> end(&crowd, let_go);
  socket.reset();
  const Json listener = listener_when(daemon, port, [](const Json& found) {
    return found.at("owners").size() + found.at("owners_left_out").get<std::size_t>() == kHolders + 1;
  });
  ASSERT_FALSE(listener.is_null());
  EXPECT_GT(listener.at("owners_left_out"), 600);
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(port).size() == 1; }));
  const std::string text = std::to_string(port);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"list", "--json"}, {"list"}, {"alerts", "--json"}, {"show", text}, {"history", text, "--json"}})
    EXPECT_EQ(daemon.ctl(words).exit_code, 0) << testing::PrintToString(words);
}

TEST(Many, AHolderOfSixtyThousandDescriptorsIsFoundAndItsNewListenersToo) {
  // Where the hard limit is lower, as many as are allowed.
  const std::size_t allowed = raise_descriptor_limit(60'000);
  RecordProperty("descriptors", static_cast<int>(allowed));
  ASSERT_GE(allowed, 1'000U);
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  std::vector<platform::Descriptor> others;
  while (others.size() + 300 < allowed) {
    others.emplace_back(::dup(STDIN_FILENO));
    ASSERT_TRUE(others.back());
  }
  const ListeningSocket first({.port = free_named_port()});
  EXPECT_EQ(pids_of(only_listener(daemon, first.port())), std::multiset{::getpid()});
  const ListeningSocket second({.port = free_named_port()});
  EXPECT_EQ(pids_of(only_listener(daemon, second.port())), std::multiset{::getpid()});
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_THAT(kinds_on(daemon, first.port()), testing::ElementsAre("opened"));
}

}  // namespace
}  // namespace portwatch::test
