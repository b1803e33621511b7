// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/observation_queue.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>
#include <variant>

#include <sys/eventfd.h>

#include "common/base/assert.h"

namespace portwatch::sensor {
namespace {

/// What is lost when this finds no room.
model::ObservationsLost loss_of(const model::Observation& observation) {
  if (const auto* const lost = std::get_if<model::ObservationsLost>(&observation)) return *lost;
  const auto time_of = [](const auto& one) {
    if constexpr (requires { one.at; })
      return one.at;
    else
      return one.from;
  };
  const base::BootTime at = std::visit(time_of, observation);
  return {.from = at, .to = at, .count = 1};
}

}  // namespace

base::Result<std::unique_ptr<ObservationQueue>> ObservationQueue::make(std::size_t most) {
  platform::Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake) return base::fail_os("cannot make a descriptor to be woken by", errno);
  return std::unique_ptr<ObservationQueue>(new ObservationQueue(std::move(wake), most));
}

void ObservationQueue::push(std::vector<model::Observation> told) {
  if (told.empty()) return;
  const std::scoped_lock lock(mutex_);
  for (model::Observation& observation : told) add(std::move(observation));
  if (!std::exchange(wants_to_be_woken_, false)) return;
  is_woken_ = true;
  PW_ASSERT(::eventfd_write(wake_.get(), 1) == 0);
}

void ObservationQueue::add(model::Observation observation) {
  if (waiting_.size() < most_) {
    if (auto* const changed = std::get_if<model::HoldersChanged>(&observation)) {
      if (ends_waiting_ + changed->ended.size() > most_) changed->ended.clear();
      ends_waiting_ += changed->ended.size();
    }
    waiting_.push_back(std::move(observation));
    return;
  }
  const model::ObservationsLost more = loss_of(observation);
  if (auto* const lost = std::get_if<model::ObservationsLost>(&waiting_.back())) {
    lost->to = std::max(lost->to, more.to);
    lost->count += more.count;
  } else {
    waiting_.push_back(more);
  }
}

std::vector<model::Observation> ObservationQueue::take(std::size_t most) {
  const std::scoped_lock lock(mutex_);
  if (is_woken_) {
    eventfd_t count = 0;
    PW_ASSERT(::eventfd_read(wake_.get(), &count) == 0);
    is_woken_ = false;
  }
  wants_to_be_woken_ = false;
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
  std::vector<model::Observation> taken(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  for (const model::Observation& observation : taken)
    if (const auto* const changed = std::get_if<model::HoldersChanged>(&observation))
      ends_waiting_ -= changed->ended.size();
  return taken;
}

bool ObservationQueue::may_wait() {
  const std::scoped_lock lock(mutex_);
  wants_to_be_woken_ = waiting_.empty();
  return wants_to_be_woken_;
}

}  // namespace portwatch::sensor
