// SPDX-License-Identifier: Apache-2.0
// The ring between the kernel's programs and us: waking who waits, counting what is lost, and the rights that
// this takes.

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/clock.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What a loop waits with.
class Waiter {
 public:
  explicit Waiter(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    EXPECT_EQ(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), 0);
  }
  bool is_woken(int patience_ms) {
    epoll_event event{};
    return ::epoll_wait(epoll_.get(), &event, 1, patience_ms) == 1;
  }

 private:
  platform::Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
};

constexpr int kPatienceMs = 20'000;

/// Others on this machine fill the ring as well: until nothing is there for once.
void wait_until_empty(EventRig& rig) {
  ASSERT_TRUE(wait_until([&] {
    rig.read();
    return rig.programs().ring().may_wait();
  }));
}

TEST(BpfRing, WakesWhoWaits) {
  EventRig& rig = shared_rig();
  Waiter waiter(rig.programs().ring().fd());
  for (int i = 0; i < 100; ++i) {
    rig.forget();
    wait_until_empty(rig);
    const ListeningSocket socket;
    ASSERT_TRUE(waiter.is_woken(kPatienceMs));
    ASSERT_THAT(rig.wait_for<bpf::Opened>(), SizeIs(1));
  }
}

TEST(BpfRing, WakesWhoWaitsForAnotherProcessor) {
  EventRig& rig = shared_rig();
  Waiter waiter(rig.programs().ring().fd());
  constexpr std::size_t kRounds = 2000;
  std::thread opener([] {
    for (std::size_t i = 0; i < kRounds; ++i) const ListeningSocket socket;
  });
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::size_t seen = 0;
  while (seen < kRounds && std::chrono::steady_clock::now() < deadline) {
    if (rig.programs().ring().may_wait()) {
      // A wake-up that gets lost would end this wait only by its deadline.
      ASSERT_TRUE(waiter.is_woken(kPatienceMs));
    }
    seen = rig.all<bpf::Opened>().size();
  }
  opener.join();
  EXPECT_EQ(seen, kRounds);
}

TEST(BpfRing, SaysThatThereIsSomethingToReadBeforeWaiting) {
  EventRig& rig = shared_rig();
  const ListeningSocket socket;
  EXPECT_GT(rig.programs().ring().waiting(), 0U);
  EXPECT_FALSE(rig.programs().ring().may_wait());
  EXPECT_THAT(rig.all<bpf::Opened>(), SizeIs(1));
}

TEST(BpfRing, ReadsNoMoreThanAsked) {
  EventRig& rig = shared_rig();
  {
    const ListeningSocket socket;
  }
  EXPECT_EQ(rig.programs().ring().drain([](bpf::Bytes) {}, 1), 1U);
  EXPECT_GT(rig.programs().ring().waiting(), 0U);
}

TEST(BpfRing, CountsWhatFindsNoRoom) {
  constexpr std::uint32_t kSmall = 64U * 1024U;
  constexpr std::size_t kSockets = 2000;
  EventRig rig({.ring_bytes = kSmall});
  EXPECT_EQ(rig.programs().losses().records, 0U);
  for (std::size_t i = 0; i < kSockets; ++i) const ListeningSocket socket;
  std::size_t told = 0;
  for (const auto& event : rig.events())
    told += std::holds_alternative<bpf::Opened>(event) || std::holds_alternative<bpf::Ended>(event) ? 1 : 0;
  const auto losses = rig.programs().losses();
  EXPECT_LT(told, 2 * kSockets);
  EXPECT_GE(told + losses.records, 2 * kSockets);
  EXPECT_LE(losses.last_at, sensor::read_clocks().boot);
  EXPECT_GT(losses.last_at, base::BootTime{});

  rig.forget();
  const ListeningSocket after;
  EXPECT_THAT(rig.all<bpf::Opened>(), SizeIs(1));
}

TEST(BpfRing, TellsAProcessAgainWhenItsRecordWasLost) {
  constexpr std::uint32_t kSmall = 4096;  // the record of a process finds room beside little else
  EventRig rig({.ring_bytes = kSmall});
  for (std::size_t i = 0; i < 100; ++i) const ListeningSocket socket;
  ASSERT_TRUE(wait_until([&] {
    rig.read();
    const ListeningSocket socket;
    return !rig.all<bpf::ProcessTold>().empty();
  }));
  EXPECT_EQ(rig.all<bpf::ProcessTold>().back().happening.image.key.pid.value, ::getpid());
}

}  // namespace
}  // namespace portwatch::test
