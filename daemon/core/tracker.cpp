// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/tracker.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/assert.h"
#include "common/model/sight.h"
#include "daemon/core/describe.h"
#include "daemon/core/look.h"
#include "daemon/core/tracker_state.h"

namespace portwatch::core {
namespace {

using model::Listener;
using model::ListenerRef;

/// A listener may be missed by that many late looks before it counts as closed, and rarely by more.
constexpr std::size_t kMaxStandstills = 8;

/// So many sockets that were told to have closed are remembered without a look.
constexpr std::size_t kMostToldClosed = 65536;

model::EventTime exactly(base::BootTime at, base::Moment now) {
  return {.at = now.to_utc(at), .earliest = std::nullopt, .boot = at, .precision = model::Precision::kExact};
}

}  // namespace

Tracker::Tracker(Past past) : state_(std::make_unique<TrackerState>()) {
  state_->last_generation = past.last_generation;
  state_->last_alive = past.last_alive;
  state_->had_first_scan = past.had_first_scan;
  for (ListenerRef& listener : past.open_listeners) {
    const SocketKey key = socket_key(listener->socket);
    TrackedSocket entry;
    entry.listener = std::move(listener);
    entry.is_announced = true;
    state_->sockets.emplace(key, std::move(entry));
  }
}

Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

std::vector<ListenerRef> Tracker::start(const std::string& boot_id, base::Moment now) {
  state_->boot_id = boot_id;
  state_->is_started = true;
  std::vector<ListenerRef> closed;
  std::erase_if(state_->sockets, [&](const auto& item) {
    const TrackedSocket& entry = item.second;
    if (entry.listener->key.boot_id == boot_id) return false;
    model::EventTime time;
    time.precision = model::Precision::kGap;
    time.earliest = entry.listener->unwatched_since;
    if (!time.earliest) time.earliest = state_->last_alive;
    time.at = now.to_utc(time.boot);
    if (time.earliest) time.at = std::max(time.at, *time.earliest);
    if (!time.earliest) time.earliest = time.at;
    closed.push_back(state_->close(entry, time));
    return true;
  });
  std::ranges::sort(closed, {}, [](const ListenerRef& listener) { return listener->key.generation; });
  return closed;
}

void Tracker::note_standstill(base::BootTime until) {
  state_->standstills.push_back(until);
  if (state_->standstills.size() > kMaxStandstills) state_->standstills.pop_front();
}

Tracker::Unwatched Tracker::mark_unwatched(const model::Coverage& coverage, base::Moment now) {
  Unwatched unwatched;
  std::vector<TrackedSocket*> lost;
  const auto mark = [&](TrackedSocket& entry, base::UtcTime since) {
    auto listener = std::make_shared<Listener>(*entry.listener);
    listener->unwatched_since = std::max(listener->opened.at, since);
    state_->replace(entry, std::move(listener));
  };
  for (auto& [key, entry] : state_->sockets) {
    const model::Table table = model::table_of(entry.listener->socket);
    const bool is_watched = model::is_watched(coverage, table);
    // What an earlier run knew, in a table with a hole in it: nobody has seen it since.
    if (is_watched && (entry.last_seen || model::is_whole(coverage, table))) continue;
    const bool is_marked = entry.listener->unwatched_since.has_value();
    if (is_watched) {
      if (!is_marked) mark(entry, state_->last_watched(entry, now));
      continue;
    }
    if (!is_marked) lost.push_back(&entry);
    const base::UtcTime since =
        is_marked ? *entry.listener->unwatched_since : state_->last_watched(entry, now);
    unwatched.tables.insert(model::table_of_all(table));
    unwatched.since = std::max(unwatched.since.value_or(since), since);
  }
  // One time for all, the one that is stored: while one of them was seen, the others were watched.
  for (TrackedSocket* entry : lost) mark(*entry, *unwatched.since);
  return unwatched;
}

Changes Tracker::observe(const model::Snapshot& snapshot, base::Moment now) {
  PW_ASSERT(state_->is_started);
  PW_ASSERT(snapshot.host != nullptr);
  ++state_->look;
  return Look(*state_, snapshot, now).compare();
}

Changes Tracker::observe(const model::SocketOpened& opened, const model::HostFacts& host, base::Moment now) {
  PW_ASSERT(state_->is_started);
  Changes changes;
  const SocketKey key = socket_key(opened.socket);
  if (const auto found = state_->sockets.find(key); found != state_->sockets.end()) {
    TrackedSocket& known = found->second;
    const bool is_the_same = opened.at <= known.listener->opened.boot;  // a look under way found it first
    if (is_the_same && known.is_announced) return changes;
    if (!is_the_same) {
      if (!known.is_announced) state_->announce(changes, known);
      changes.closed.push_back(
          state_->close(known, state_->end_of(known, opened.at, now), state_->ending_of(known)));
      for (Changes::Opened& unannounced : changes.opened) unannounced.is_over = true;
    }
    state_->sockets.erase(found);
  }
  state_->told_closed.erase(key);

  auto listener = std::make_shared<Listener>();
  listener->key = {state_->boot_id, key.netns, key.id, ++state_->last_generation};
  listener->opened = exactly(opened.at, now);
  model::Sighting sighting{.socket = opened.socket};
  if (opened.opener) {
    sighting.owners.push_back(opened.opener);
    sighting.attribution = model::Attribution::kExact;
  }
  describe(*listener, sighting, host);
  TrackedSocket& socket = state_->sockets[key];
  socket.last_seen = opened.at;
  socket.is_told = true;
  state_->replace(socket, std::move(listener));
  state_->announce(changes, socket);
  return changes;
}

Changes Tracker::observe(const model::SocketClosed& closed, base::Moment now) {
  PW_ASSERT(state_->is_started);
  Changes changes;
  const SocketKey key{closed.netns, closed.id};
  state_->told_closed[key] = closed.at;
  changes.look_again = state_->told_closed.size() >= kMostToldClosed;  // a look forgets the older ones
  const auto found = state_->sockets.find(key);
  if (found == state_->sockets.end()) return changes;
  TrackedSocket& socket = found->second;
  if (!socket.is_announced) {
    state_->announce(changes, socket);
    changes.opened.back().is_over = true;
  }
  // A look that was taken in before found it, later than it was told to have closed.
  const base::BootTime opened = socket.listener->opened.boot;
  const model::EventTime time =
      closed.at < opened ? state_->between(closed.at, opened, now) : exactly(closed.at, now);
  const bool is_told = closed.ending.cause != model::EndCause::kUnknown;
  changes.closed.push_back(state_->close(socket, time, is_told ? closed.ending : state_->ending_of(socket)));
  state_->sockets.erase(found);
  return changes;
}

void Tracker::note_end(const model::ProcessEnd& end) {
  state_->ends.note(end.process, end.ending);
}

std::shared_ptr<Listener> Tracker::describe_wish(const model::WishRefused& refused,
                                                 const model::HostFacts& host, base::Moment now) {
  auto wanted = std::make_shared<Listener>();
  wanted->key = {state_->boot_id, refused.socket.netns, refused.socket.id, ++state_->last_generation};
  wanted->opened = exactly(refused.at, now);
  wanted->closed = wanted->opened;
  model::Sighting sighting{
      .socket = refused.socket, .owners = {}, .attribution = model::Attribution::kExited};
  if (refused.by) {
    sighting.owners.push_back(refused.by);
    sighting.attribution = model::Attribution::kExact;
  }
  describe(*wanted, sighting, host);
  return wanted;
}

std::size_t Tracker::set_verdict(const model::ServiceKey& service, model::Verdict verdict) {
  std::size_t count = 0;
  for (auto& [key, entry] : state_->sockets) {
    if (entry.listener->service != service) continue;
    auto listener = std::make_shared<Listener>(*entry.listener);
    listener->verdict = verdict;
    state_->replace(entry, std::move(listener));
    ++count;
  }
  return count;
}

ListenerRef Tracker::find(const model::ListenerKey& key) const {
  const auto found = state_->sockets.find({key.netns, key.socket});
  if (found != state_->sockets.end() && found->second.listener->key == key) return found->second.listener;
  for (const auto& [socket, entry] : state_->sockets)
    if (entry.listener->key == key) return entry.listener;
  return nullptr;
}

ListenerRef Tracker::find(base::Netns netns, const model::SocketId& socket) const {
  const auto found = state_->sockets.find({netns, socket});
  return found == state_->sockets.end() ? nullptr : found->second.listener;
}

std::vector<ListenerRef> Tracker::announced() const {
  std::vector<ListenerRef> listeners;
  for (const auto& [key, entry] : state_->sockets)
    if (entry.is_announced) listeners.push_back(entry.listener);
  std::ranges::sort(listeners, {}, [](const ListenerRef& listener) { return listener->key.generation; });
  return listeners;
}

std::int64_t Tracker::last_generation() const {
  return state_->last_generation;
}

std::size_t Tracker::count() const {
  return state_->sockets.size();
}

const std::vector<ListenerRef>& Tracker::listeners() const {
  if (state_->is_sorted) return state_->sorted;
  state_->sorted.clear();
  state_->sorted.reserve(state_->sockets.size());
  for (const auto& [key, entry] : state_->sockets) state_->sorted.push_back(entry.listener);
  std::ranges::sort(state_->sorted, {}, [](const ListenerRef& listener) {
    const net::Endpoint& endpoint = listener->socket.endpoint;
    return std::tie(endpoint.port, endpoint.protocol, endpoint.address, listener->key);
  });
  state_->is_sorted = true;
  return state_->sorted;
}

}  // namespace portwatch::core
