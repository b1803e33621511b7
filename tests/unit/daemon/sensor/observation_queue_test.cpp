// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/observation_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "tests/support/builders.h"

namespace portwatch::sensor {
namespace {

using model::HoldersChanged;
using model::Observation;
using model::ObservationsLost;
using testing::IsEmpty;
using testing::SizeIs;

Observation at(int seconds) {
  return HoldersChanged{test::boot_at(std::chrono::seconds{seconds})};
}
std::vector<int> seconds_of(const std::vector<Observation>& told) {
  std::vector<int> seconds;
  for (const auto& one : told)
    seconds.push_back(static_cast<int>(
        std::chrono::duration_cast<std::chrono::seconds>(std::get<HoldersChanged>(one).at.time_since_epoch())
            .count()));
  return seconds;
}

class ObservationQueueTest : public testing::Test {
 protected:
  [[nodiscard]] bool is_readable() const {
    pollfd descriptor{.fd = queue_->descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&descriptor, 1, 0) == 1;
  }

  std::unique_ptr<ObservationQueue> queue_ = ObservationQueue::make(4).value();
};

TEST_F(ObservationQueueTest, GivesWhatWasToldInItsOrderAndNoMoreThanIsWanted) {
  queue_->push({at(1), at(2)});
  queue_->push({at(3)});
  EXPECT_THAT(seconds_of(queue_->take(2)), testing::ElementsAre(1, 2));
  EXPECT_THAT(seconds_of(queue_->take(2)), testing::ElementsAre(3));
  EXPECT_THAT(queue_->take(2), IsEmpty());
}

TEST_F(ObservationQueueTest, WakesOnlyWhoWaits) {
  queue_->push({at(1)});
  EXPECT_FALSE(is_readable());
  EXPECT_FALSE(queue_->may_wait()) << "there is something already";
  (void)queue_->take(1);
  EXPECT_TRUE(queue_->may_wait());
  EXPECT_FALSE(is_readable());
  queue_->push({});
  EXPECT_FALSE(is_readable());
  queue_->push({at(2)});
  EXPECT_TRUE(is_readable());
  (void)queue_->take(1);
  EXPECT_FALSE(is_readable());
}

TEST_F(ObservationQueueTest, CountsAsLostWhatFindsNoRoom) {
  queue_->push({at(1), at(2), at(3), at(4), at(5), at(6)});
  queue_->push({ObservationsLost{.from = test::boot_at(std::chrono::seconds{6}),
                                 .to = test::boot_at(std::chrono::seconds{9}),
                                 .count = 10}});
  const auto told = queue_->take(10);
  ASSERT_THAT(told, SizeIs(5));
  const auto& lost = std::get<ObservationsLost>(told.back());
  EXPECT_EQ(lost.from, test::boot_at(std::chrono::seconds{5}));
  EXPECT_EQ(lost.to, test::boot_at(std::chrono::seconds{9}));
  EXPECT_EQ(lost.count, 12U);
  queue_->push({at(7)});
  EXPECT_THAT(seconds_of(queue_->take(10)), testing::ElementsAre(7)) << "there is room again";
}

TEST_F(ObservationQueueTest, LeavesOutHowProcessesEndedWhereThoseAreTooMany) {
  const auto ended = [](std::size_t count) {
    return HoldersChanged{.at = {}, .ended = std::vector<model::ProcessEnd>(count)};
  };
  const auto counts = [this] {
    std::vector<std::size_t> counts;
    for (const auto& one : queue_->take(10)) counts.push_back(std::get<HoldersChanged>(one).ended.size());
    return counts;
  };
  queue_->push({ended(3), ended(2), ended(1)});
  EXPECT_THAT(counts(), testing::ElementsAre(3, 0, 1));
  queue_->push({ended(4)});
  EXPECT_THAT(counts(), testing::ElementsAre(4)) << "there is room again";
}

}  // namespace
}  // namespace portwatch::sensor
