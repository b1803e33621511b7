// SPDX-License-Identifier: Apache-2.0
// A client that follows the log is told each event once and in order, however the log grows, however slowly
// it reads, whatever the server forgets to publish, and however often it comes back with its cursor.
#include <algorithm>
#include <span>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/server/subscription.h"
#include "tests/support/random.h"
#include "tests/unit/daemon/server/fakes.h"

namespace portwatch::server {
namespace {

using model::EventKind;

constexpr std::uint64_t kSeeds = 20;
constexpr int kSteps = 150;

/// A log that grows, and one follower of it.
class Following {
 public:
  explicit Following(std::uint64_t seed) : random_(seed) {
    queries_.is_immediate = false;
    if (random_.chance(30)) filter_.kinds = {EventKind::kOpened, EventKind::kAlertRaised};
    connect();
  }

  void step() {
    switch (random_.below(6)) {
      case 0:
      case 1: commit(1 + random_.below(random_.chance(3) ? 2 * Subscription::kPage : 5)); break;
      case 2: publish(); break;
      case 3: queries_.answer_all(); break;
      case 4: set_room(random_.chance(70)); break;
      default:
        if (random_.chance(20)) connect();
    }
  }

  /// One event more, which is published, and everything is answered and read.
  void settle() {
    commit(1);
    subscription_->on_committed(unpublished());
    while (!has_room_ || queries_.waiting() > 0) {
      queries_.answer_all();
      set_room(true);
    }
  }

  [[nodiscard]] const std::vector<model::Event>& told() const { return told_; }
  [[nodiscard]] std::vector<model::Event> log() const {
    std::vector<model::Event> all;
    std::ranges::copy_if(queries_.log, std::back_inserter(all),
                         [&](const model::Event& event) { return matches(filter_, event); });
    return all;
  }

 private:
  void commit(std::size_t count) {
    static const std::vector<EventKind> kKinds{EventKind::kOpened, EventKind::kClosed, EventKind::kGap,
                                               EventKind::kAlertRaised};
    for (; count > 0; --count) queries_.commit(random_.pick(kKinds));
  }

  /// What was committed since, in one batch; or none of it, as when the server is busy with others.
  void publish() {
    const auto batch = unpublished();
    if (!random_.chance(20)) subscription_->on_committed(batch);
  }
  std::span<const model::Event> unpublished() {
    return std::span(queries_.log).subspan(std::exchange(published_, queries_.log.size()));
  }

  /// Comes back with the cursor of what it was told last.
  void connect() {
    if (subscription_) subscription_->end();
    const base::Seq after = told_.empty() ? base::Seq{0} : told_.back().seq;
    subscription_ = std::make_shared<Subscription>(
        queries_.queries_of({0}), Viewer{.role = Role::kAdmin, .uid = {0}}, filter_, after,
        Subscription::Hooks{.tell =
                                [this](const model::Event& event) {
                                  told_.push_back(event);
                                  if (random_.chance(10)) has_room_ = false;
                                },
                            .has_room = [this] { return has_room_; },
                            .fail = [](const base::Error& error) { ADD_FAILURE() << error.message; }});
    subscription_->start(base::Seq{static_cast<std::int64_t>(published_)});
  }

  void set_room(bool has_room) {
    has_room_ = has_room;
    if (has_room) subscription_->on_room();
  }

  test::Random random_;
  FakeQueries queries_;
  model::EventQuery filter_;
  std::shared_ptr<Subscription> subscription_;
  std::vector<model::Event> told_;
  std::size_t published_ = 0;
  bool has_room_ = true;
};

TEST(FollowerLaws, EachEventIsToldOnceAndInOrder) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Following following(seed);
    for (int i = 0; i < kSteps; ++i) following.step();
    following.settle();
    ASSERT_EQ(following.told(), following.log());
  }
}

}  // namespace
}  // namespace portwatch::server
