// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/event_watch.h"

#include <utility>

namespace portwatch::app {

EventWatch::EventWatch(uv::Loop& loop, interface::EventSource& source, Callbacks callbacks)
    : source_(source), callbacks_(std::move(callbacks)), bundle_(loop, [this] { go_on(); }) {}

base::Result<std::unique_ptr<EventWatch>> EventWatch::make(uv::Loop& loop, interface::EventSource& source,
                                                           Callbacks callbacks) {
  std::unique_ptr<EventWatch> watch(new EventWatch(loop, source, std::move(callbacks)));
  auto poll = uv::Poll::watch(loop, source.descriptor(), [watch = watch.get()] { watch->go_on(); });
  if (!poll) return std::unexpected(std::move(poll).error());
  watch->poll_ = *std::move(poll);
  return watch;
}

void EventWatch::start() {
  if (std::exchange(is_running_, true)) return;
  if (!is_held_) go_on();
}

void EventWatch::stop() {
  is_running_ = false;
  poll_->stop();
  bundle_.stop();
}

bool EventWatch::catch_up(base::BootTime until) {
  if (!is_running_) return true;
  bool lasts = true;
  for (int i = 0; i < kMostToCatchUp && lasts && is_running_ && !is_held_ && callbacks_.has_room(); ++i)
    lasts = take() && taken_until_ < until;
  if (is_running_ && !is_held_) go_on();  // taking has ended the wait
  return !lasts;
}

void EventWatch::finish(base::BootTime until) {
  while (is_running_ && take() && taken_until_ < until) continue;
  stop();
}

void EventWatch::hold() {
  is_held_ = true;
  poll_->stop();
  bundle_.stop();
}

void EventWatch::release() {
  is_held_ = false;
  if (is_running_) go_on();
}

bool EventWatch::take() {
  const std::vector<model::Observation> told = source_.take(kMostAtOnce);
  if (told.empty()) return false;
  taken_until_ = model::time_of(told.back());
  callbacks_.on_told(told);
  return true;
}

/// What is told may hold us, or stop us.
void EventWatch::go_on() {
  const bool lasts = callbacks_.has_room() && take();
  if (!is_running_ || is_held_) return;
  const bool has_room = callbacks_.has_room();
  if (!lasts && has_room && source_.may_wait()) return poll_->start();
  poll_->stop();
  bundle_.start_once(has_room ? kBundle : kRoomCheck);
}

}  // namespace portwatch::app
