// SPDX-License-Identifier: Apache-2.0
// Whatever way looks and what a sensor tells overtake each other, each listening period is told once, in the
// order in which it happened, with its exact times, and ends as it was told.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <tuple>
#include <vector>

#include "daemon/core/tracker.h"
#include "tests/support/fake_machine.h"
#include "tests/support/random.h"
#include "tests/support/random_model.h"

namespace portwatch::core {
namespace {

using test::endpoint;

constexpr std::uint64_t kLives = 60;
constexpr int kSteps = 300;

struct Period {
  model::SocketId id;
  base::BootTime at;
  bool is_open = true;
  model::Ending ending = {};

  bool operator==(const Period&) const = default;
};

/// A machine whose sockets open, close and listen again at random, with a sensor that tells of it, and looks
/// that take their time.
class ToldLife {
 public:
  explicit ToldLife(std::uint64_t seed) : random_(seed) {
    static_cast<void>(tracker_.start(machine_.host().boot_id, machine_.now()));
    begin_look();
    end_look();
  }

  void step() {
    machine_.wait(std::chrono::microseconds{random_.between(1, 1000)});
    switch (random_.below(6)) {
      case 0:
      case 1: open(); break;
      case 2: close(); break;
      case 3: hear(random_.between<std::size_t>(0, told_.size())); break;
      case 4: begin_look(); break;
      default: end_look();
    }
  }
  void settle() {
    hear(told_.size());
    for (int look = 0; look < 4; ++look) {
      end_look();
      machine_.wait(std::chrono::seconds{1});
      begin_look();
    }
    end_look();
  }

  [[nodiscard]] const std::vector<Period>& truth() const { return truth_; }
  [[nodiscard]] const std::vector<Period>& known() const { return known_; }

 private:
  void open() {
    const bool is_again = !closed_.empty() && random_.chance(40);
    model::SocketRecord socket;
    if (is_again) {
      const std::size_t which = random_.below(closed_.size());
      socket = closed_[which];
      closed_.erase(closed_.begin() + static_cast<std::ptrdiff_t>(which));
      model::Sighting sighting;
      sighting.socket = socket;
      machine_.sightings().push_back(sighting);
    } else {
      const auto id = machine_.listen(endpoint("127.0.0.1", random_.between<std::uint16_t>(3000, 3004)), {});
      socket = machine_.sighting(id).socket;
    }
    truth_.push_back({.id = socket.id, .at = machine_.now().boot});
    told_.emplace_back(model::SocketOpened{.socket = socket, .at = machine_.now().boot, .opener = opener_});
    touch();
  }
  void close() {
    if (machine_.sightings().empty()) return;
    const model::SocketRecord socket =
        machine_.sightings()[random_.below(machine_.sightings().size())].socket;
    machine_.close(socket.id);
    closed_.push_back(socket);
    model::Ending ending = test::random_ending(random_);
    if (ending.cause == model::EndCause::kUnknown) ending = {};
    truth_.push_back({.id = socket.id, .at = machine_.now().boot, .is_open = false, .ending = ending});
    told_.emplace_back(model::SocketClosed{
        .netns = socket.netns, .id = socket.id, .at = machine_.now().boot, .ending = ending});
    touch();
  }

  /// A look under way reads on: it may show the change, or what was before.
  void touch() {
    if (look_ && random_.chance(50)) look_->sightings = machine_.sightings();
  }
  void begin_look() {
    if (!look_) look_ = machine_.snapshot();
  }
  /// What happened until its end is told before its result: that much order the daemon keeps.
  void end_look() {
    if (!look_) return;
    look_->finished = machine_.now().boot;
    hear(told_.size());
    note(tracker_.observe(*look_, machine_.now()));
    look_.reset();
  }
  void hear(std::size_t count) {
    const model::HostFacts& host = machine_.host();
    for (; count > 0; --count) {
      const model::Observation next = std::move(told_.front());
      told_.pop_front();
      if (const auto* opened = std::get_if<model::SocketOpened>(&next))
        note(tracker_.observe(*opened, host, machine_.now()));
      if (const auto* closed = std::get_if<model::SocketClosed>(&next))
        note(tracker_.observe(*closed, machine_.now()));
    }
  }
  void note(const Changes& changes) {
    EXPECT_TRUE(changes.held.empty());
    for (const model::ListenerRef& listener : changes.closed)
      known_.push_back({.id = listener->key.socket,
                        .at = listener->closed->boot,
                        .is_open = false,
                        .ending = listener->ending});
    for (const Changes::Opened& opened : changes.opened)
      known_.push_back({.id = opened.listener->key.socket, .at = opened.listener->opened.boot});
  }

  test::Random random_;
  test::FakeMachine machine_;
  model::ProcessRef opener_ = test::python(700, {"app.py"}).ref();
  Tracker tracker_{{}};
  std::deque<model::Observation> told_;
  std::optional<model::Snapshot> look_;
  std::vector<model::SocketRecord> closed_;
  std::vector<Period> truth_;
  std::vector<Period> known_;
};

TEST(ToldLaws, EachPeriodIsKnownOnceAndInOrderHoweverLooksOvertake) {
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ToldLife life(seed);
    for (int i = 0; i < kSteps; ++i) life.step();
    life.settle();
    ASSERT_EQ(life.known(), life.truth());
  }
}

}  // namespace
}  // namespace portwatch::core
