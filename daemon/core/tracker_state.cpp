// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/tracker_state.h"

#include <algorithm>
#include <utility>

#include "common/model/sight.h"

namespace portwatch::core {

using model::Listener;

std::optional<base::BootTime> TrackerState::last_look_at(const model::SocketRecord& socket) const {
  const model::Table table = model::table_of(socket);
  auto last = last_looks.find(table);
  if (last == last_looks.end()) last = last_looks.find(model::table_of_all(table));
  return last == last_looks.end() ? std::nullopt : std::optional(last->second);
}

model::EventTime TrackerState::between(std::optional<base::BootTime> before, base::BootTime at,
                                       base::Moment now) const {
  model::EventTime time;
  time.at = now.to_utc(at);
  time.boot = at;
  const bool was_watched = before && std::ranges::none_of(standstills, [&](base::BootTime end) {
                             return *before < end && end <= at;
                           });
  time.precision = was_watched ? model::Precision::kPoll : model::Precision::kGap;
  const base::UtcTime boot = now.to_utc(base::BootTime{});
  const base::UtcTime start_of_gap = last_alive ? std::max(*last_alive, boot) : boot;
  time.earliest = std::min(time.at, before ? now.to_utc(*before) : start_of_gap);
  return time;
}

model::EventTime TrackerState::end_of(const TrackedSocket& socket, base::BootTime at,
                                      base::Moment now) const {
  model::EventTime time = between(socket.last_seen, at, now);
  if (const auto& since = socket.listener->unwatched_since) {
    time.precision = model::Precision::kGap;
    time.earliest = std::min(time.at, *since);
  }
  return time;
}

base::UtcTime TrackerState::last_watched(const TrackedSocket& socket, base::Moment now) const {
  const base::UtcTime opened = socket.listener->opened.at;
  if (socket.last_seen) return std::max(opened, now.to_utc(*socket.last_seen));
  return std::max(opened, last_alive.value_or(opened));
}

void TrackerState::replace(TrackedSocket& socket, std::shared_ptr<const Listener> listener) {
  socket.listener = std::move(listener);
  is_sorted = false;
}

model::ListenerRef TrackerState::close(const TrackedSocket& socket, const model::EventTime& time,
                                       const model::Ending& ending) {
  is_sorted = false;
  auto closed = std::make_shared<Listener>(*socket.listener);
  closed->closed = time;
  closed->ending = ending;
  closed->unwatched_since.reset();
  return closed;
}

model::Ending TrackerState::ending_of(const TrackedSocket& socket) const {
  const auto& holders = socket.listener->owners;
  // The look that did not list it can have been torn, so an end that came behind it counts.
  if (auto ending = ends.of(holders)) return *std::move(ending);
  if (!socket.is_let_go) return {};
  model::Ending ending{.cause = model::EndCause::kClosed};
  if (holders.size() == 1) ending.pid = holders.front()->key.pid;
  return ending;
}

void TrackerState::announce(Changes& changes, TrackedSocket& socket) {
  auto listener = std::make_shared<Listener>(*socket.listener);
  replace(socket, listener);
  socket.is_announced = true;
  changes.opened.push_back({.listener = std::move(listener), .is_first_scan = socket.is_first_scan});
}

}  // namespace portwatch::core
