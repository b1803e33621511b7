// SPDX-License-Identifier: Apache-2.0
// What a sensor that only looks does when something is refused to it.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sensor/native_sensor.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;

/// Makes socket(2) with AF_NETLINK fail with EACCES in this process from now on, as a sandbox does.
bool refuse_netlink() {
  constexpr auto kSyscall = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  constexpr auto kFirstArgument = static_cast<std::uint32_t>(offsetof(seccomp_data, args));
  std::array<sock_filter, 6> filter{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, kSyscall},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_socket},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, kFirstArgument},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, AF_NETLINK},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EACCES},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

using PollingLimits = NativeSensorTest;

TEST_F(PollingLimits, KeepsWhatItKnowsWhenItRunsOutOfDescriptors) {
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  const auto before = scan_one(endpoint);
  ASSERT_THAT(pids(before), ElementsAre(::getpid()));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int lowest = platform::Descriptor(::dup(STDIN_FILENO)).get();
  for (int spare = 1; spare <= 4; ++spare) {
    const rlimit few{.rlim_cur = static_cast<rlim_t>(lowest + spare), .rlim_max = limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto starved = sensor().scan();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_TRUE(starved) << spare;
    const auto found = std::ranges::find(starved->sightings, endpoint, [](const model::Sighting& sighting) {
      return sighting.socket.endpoint;
    });
    ASSERT_NE(found, starved->sightings.end());
    EXPECT_EQ(found->owners, before.owners) << spare;
  }
}

TEST_F(PollingLimits, FallsBackToProcNetWhereNetlinkIsRefusedAndSaysSo) {
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  const pid_t child = ::fork();
  if (child == 0) {
    if (!refuse_netlink()) std::_Exit(10);
    const auto fallback = sensor::make_sensor({.use_events = false});
    if (!fallback) std::_Exit(11);
    const auto info = (*fallback)->info();
    if (info.name != "proc_net") std::_Exit(12);
    const auto skipped = std::ranges::find(info.skipped, "sock_diag", &model::SkippedSensor::name);
    if (skipped == info.skipped.end() || skipped->reason.empty()) std::_Exit(13);
    const auto snapshot = (*fallback)->scan();
    if (!snapshot) std::_Exit(14);
    const bool is_listed = std::ranges::any_of(snapshot->sightings,
                                               [&](const auto& s) { return s.socket.endpoint == endpoint; });
    std::_Exit(is_listed ? 0 : 15);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(PollingLimits, SaysThatItMayNotLookIntoTheProcessesOfOthers) {
  // As root this test gives up its rights in a child; as somebody else it has none. Process 1 is then another
  // user's.
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  const pid_t parent = ::getpid();
  const bool is_root = ::geteuid() == 0;
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (is_root && ::setresuid(kNobody, kNobody, kNobody) != 0) std::_Exit(10);
    NativeWorld<kNativeTier> world;
    const auto snapshot = world.sensor().scan();
    if (!snapshot) std::_Exit(11);
    if (snapshot->coverage.denied_processes == 0) std::_Exit(12);
    const auto found = std::ranges::find(snapshot->sightings, endpoint, [](const model::Sighting& sighting) {
      return sighting.socket.endpoint;
    });
    if (found == snapshot->sightings.end()) std::_Exit(13);
    const auto has_parent =
        std::ranges::any_of(found->owners, [&](const auto& owner) { return owner->key.pid.value == parent; });
    if (is_root && (has_parent || found->attribution == model::Attribution::kKernel)) std::_Exit(14);
    const auto info = world.sensor().info();
    const auto is_told = std::ranges::any_of(info.blind_spots, [](const std::string& text) {
      return text.find("cannot be looked into") != std::string::npos;
    });
    std::_Exit(is_told ? 0 : 15);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(PollingLimits, WatchesItsOwnNetworkNamespaceAlone) {
  const ListeningSocket socket;
  const net::Endpoint endpoint = loopback(net::Protocol::kTcp, socket.port());
  const auto outside = sensor().scan();
  ASSERT_TRUE(outside);
  const pid_t child = ::fork();
  if (child == 0) {
    // Somebody who is not root needs a user namespace for it. Where there is none, there is nothing to be
    // told apart.
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) std::_Exit(0);
    NativeWorld<kNativeTier> inside;
    const auto snapshot = inside.sensor().scan();
    if (!snapshot) std::_Exit(11);
    if (snapshot->host->netns == outside->host->netns) std::_Exit(12);
    const bool is_listed = std::ranges::any_of(snapshot->sightings,
                                               [&](const auto& s) { return s.socket.endpoint == endpoint; });
    std::_Exit(is_listed ? 13 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace portwatch::test
