// SPDX-License-Identifier: Apache-2.0
// The thread that reads what the kernel's programs tell: with the real kernel, without a daemon.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/event_thread.h"
#include "daemon/sensor/linux/interfaces.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using model::ObservationsLost;
using model::SocketClosed;
using model::SocketOpened;
using sensor::EventThread;

constexpr std::uint32_t kSmallRing = 65536;
constexpr int kMoreThanFits = 2000;

class EventThreadTest : public ::testing::Test {
 protected:
  using WhyRefused = sensor::EventTranslator::WhyRefused;

  static sensor::AddressHolders::Finding unknown(model::Wish, const model::SocketRecord&, bool) { return {}; }
  void start(const bpf::EventPrograms::Options& options = {}, WhyRefused why_refused = unknown) {
    auto programs = bpf::EventPrograms::load(bpf::read_conditions("/proc", "/sys"), options);
    ASSERT_TRUE(programs) << programs.error().message;
    auto thread = EventThread::start(
        *std::move(programs), sensor::EventTranslator(processes_, networks_, sockets_, sensor::interface_name,
                                                      std::move(why_refused)));
    ASSERT_TRUE(thread) << thread.error().message;
    thread_ = *std::move(thread);
  }
  /// Of our own network alone: others open sockets too.
  [[nodiscard]] std::vector<model::Observation> take() {
    std::vector<model::Observation> told = thread_->take(100'000);
    std::erase_if(told, [](const model::Observation& one) {
      const auto* const opened = std::get_if<SocketOpened>(&one);
      const auto* const closed = std::get_if<SocketClosed>(&one);
      return (opened != nullptr && opened->socket.netns != own_netns()) ||
             (closed != nullptr && closed->netns != own_netns());
    });
    return told;
  }
  template <class Kind>
  static std::vector<Kind> all(const std::vector<model::Observation>& told) {
    std::vector<Kind> found;
    for (const auto& one : told)
      if (const auto* const kind = std::get_if<Kind>(&one)) found.push_back(*kind);
    return found;
  }

  std::mutex name_service_;
  sensor::ProcessBook processes_{
      {.now = sensor::read_clocks,
       .user_name =
           [this](base::Uid) {
             const std::scoped_lock answers(name_service_);
             return std::optional<std::string>();
           },
       .container_name = [](const std::string&) { return std::optional<std::string>(); },
       .process = [](base::Pid) { return model::ProcessRef(); }}};
  sensor::NetworkNamespaces networks_{
      own_netns(),
      sensor::NetworkNames("", sensor::ContainerNames({.now = [] { return sensor::read_clocks().boot; }})),
      {.now = [] { return sensor::read_clocks().boot; },
       .reading =
           [](base::Netns netns, const std::vector<base::Pid>& candidates) {
             return sensor::NetworkReader(sensor::Procfs("/proc")).read(netns, candidates);
           }}};
  sensor::SocketBook sockets_;
  std::unique_ptr<EventThread> thread_;
};

TEST_F(EventThreadTest, HasToldWhatHappenedBeforeTheFlush) {
  start();
  for (int i = 0; i < 50; ++i) {
    std::uint16_t port = 0;
    {
      const ListeningSocket socket;
      port = socket.port();
    }
    thread_->flush();
    const auto told = take();
    const auto opened = all<SocketOpened>(told);
    const auto closed = all<SocketClosed>(told);
    ASSERT_EQ(opened.size(), 1U);
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(opened[0].socket.endpoint.port.value, port);
    EXPECT_EQ(opened[0].opener->key.pid.value, ::getpid());
    EXPECT_EQ(opened[0].socket.id, closed[0].id);
    EXPECT_LE(opened[0].at, closed[0].at);
  }
}

TEST_F(EventThreadTest, WakesWhoWaitsWithinTheBundle) {
  start();
  thread_->flush();
  static_cast<void>(take());
  ASSERT_TRUE(thread_->may_wait());
  const ListeningSocket socket;
  pollfd descriptor{.fd = thread_->descriptor(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&descriptor, 1, 10'000), 1);
  EXPECT_EQ(all<SocketOpened>(take()).size(), 1U);
}

/// Each refusal that is read makes another one: the ring is never empty.
TEST_F(EventThreadTest, PassesOnWhatItReadWhileMoreComesAllTheTime) {
  constexpr std::uint32_t kFewEnough = 40'000;
  const ListeningSocket taken({.address = "0.0.0.0"});
  std::atomic<std::uint32_t> refused = 0;
  std::atomic<bool> goes_on = true;
  const auto refuse_next = [&] {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(taken.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + ++refused);  // the same wish is asked about once
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), -1);
  };
  start({}, [&](model::Wish, const model::SocketRecord&, bool) {
    if (goes_on) refuse_next();
    return sensor::AddressHolders::Finding{};
  });
  refuse_next();
  const ListeningSocket socket;
  std::vector<SocketOpened> opened;
  EXPECT_TRUE(wait_until([&] {
    if (opened.empty()) opened = all<SocketOpened>(take());
    return !opened.empty() || refused > kFewEnough;
  }));
  goes_on = false;
  thread_.reset();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].socket.endpoint.port.value, socket.port());
  EXPECT_LT(refused.load(), kFewEnough);
}

/// A refused bind of a program that is known, and keeps its socket, leaves no record: as losses may.
TEST_F(EventThreadTest, LooksForWhatLeavesNoRecordWhenItIsAskedForItsHealth) {
  start();
  const ListeningSocket taken;
  thread_->flush();
  const auto refused = [&] { return !all<model::WishRefused>(take()).empty(); };
  const auto first = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_FALSE(bind_to(first.get(), taken.port()));
  ASSERT_TRUE(wait_until(refused));  // it was told of for the first time: that was looked for
  const auto second = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_FALSE(bind_to(second.get(), taken.port()));
  EXPECT_EQ(thread_->failure(), std::nullopt);
  EXPECT_TRUE(wait_until(refused));
}

TEST_F(EventThreadTest, HasItLookedForHoldersThatCannotBeWatched) {
  constexpr std::int32_t kMostWatched = 16384;
  start();
  for (std::int32_t i = 0; i < kMostWatched; ++i)  // beyond all pids
    static_cast<void>(thread_->watch({.key = {.pid = base::Pid{(1 << 24) + i}, .start = {}}}));
  thread_->flush();
  static_cast<void>(take());
  ASSERT_EQ(thread_->losses().unseen_holders, 0U);
  const ListeningSocket socket;
  thread_->flush();
  EXPECT_EQ(all<model::HoldersChanged>(take()).size(), 1U);
  EXPECT_GT(thread_->losses().unseen_holders, 0U);
}

TEST_F(EventThreadTest, SaysBetweenWhichTimesSomethingWasLost) {
  start({.ring_bytes = kSmallRing});
  const base::BootTime before = sensor::read_clocks().boot;
  {
    // Who opens the first one is to be named, and the name service does not answer.
    const std::scoped_lock silence(name_service_);
    for (int i = 0; i < kMoreThanFits; ++i) const ListeningSocket socket;
  }
  thread_->flush();
  const auto told = take();
  const auto lost = all<ObservationsLost>(told);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_LE(lost[0].from, before);
  EXPECT_GE(lost[0].to, before);
  EXPECT_GE(all<SocketOpened>(told).size() + all<SocketClosed>(told).size() + lost[0].count,
            2U * kMoreThanFits);
}

}  // namespace
}  // namespace portwatch::test
