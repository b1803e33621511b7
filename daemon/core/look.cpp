// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/look.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "common/model/sight.h"
#include "daemon/core/describe.h"
#include "daemon/core/owners.h"

namespace portwatch::core {
namespace {

using model::Listener;

/// Absent so often in a row: closed.
constexpr unsigned kAbsencesToClose = 2;
/// In no table so often in a row while a descriptor still shows the socket: closed by shutdown(2).
constexpr unsigned kHeldLooksToClose = 5;
/// Holders not seen so often in a row, though no look proves it, hold the socket no more.
constexpr unsigned kDoubtfulLooksToBelieve = 3;
/// A newcomer whose process ended while it was looked at waits for its successor so long.
constexpr unsigned kLooksForAnExitedOwner = 3;
/// Looks at once in a row; then the next one waits for its turn, whatever happens.
constexpr unsigned kMaxLooksAtOnce = 2;

/// A socket that listens can be tied to another device, or to none: it reaches elsewhere from then on.
bool is_same_place(const model::SocketRecord& a, const model::SocketRecord& b) {
  return a.endpoint == b.endpoint && a.device == b.device;
}

bool is_candidate(const model::Sighting& sighting) {
  return sighting.presence == model::Presence::kListed &&
         sighting.socket.bind_intent != model::BindIntent::kAuto;
}

bool should_wait(const TrackedSocket& socket) {
  if (socket.may_be_restart) return true;
  if (socket.is_first_scan) return false;
  if (socket.listener->attribution == model::Attribution::kExited)
    return socket.waits < kLooksForAnExitedOwner;
  return socket.listener->owners.empty() && socket.waits < 1;
}

}  // namespace

Changes Look::compare() {
  note_former_holders();
  match();
  welcome();
  announce_waiting();
  for (const model::Table& table : snapshot_.coverage.tables) state_.last_looks[table] = snapshot_.started;
  std::erase_if(state_.told_closed, [&](const auto& item) { return item.second < snapshot_.started; });

  state_.looks_at_once = is_another_look_wanted_ ? state_.looks_at_once + 1 : 0;
  changes_.look_again = is_another_look_wanted_ && state_.looks_at_once <= kMaxLooksAtOnce;
  if (state_.looks_at_once > kMaxLooksAtOnce) state_.looks_at_once = 0;
  std::ranges::sort(changes_.closed, {}, [](const auto& closed) { return closed->key.generation; });
  std::ranges::sort(changes_.opened, {}, [](const auto& opened) { return opened.listener->key.generation; });
  std::ranges::sort(changes_.owner_changed, {}, [](const auto& change) {
    return std::tuple(change.listener->key.generation, change.is_port_named);
  });
  return std::move(changes_);
}

void Look::note_former_holders() {
  for (const model::FormerHolder& former : snapshot_.former_holders) {
    if (former.has_ended)
      state_.ends.note(former.process, {.cause = model::EndCause::kEnded, .pid = former.process.pid});
    else
      alive_.insert(former.process);
  }
}

bool Look::are_all_alive(const Listener& listener) const {
  const auto is_alive = [&](const model::ProcessRef& owner) { return alive_.contains(owner->key); };
  return !listener.owners.empty() && std::ranges::all_of(listener.owners, is_alive);
}

void Look::match() {
  std::size_t seen = 0;
  for (const model::Sighting& sighting : snapshot_.sightings) {
    if (sighting.presence == model::Presence::kHeld) {
      if (const auto found = state_.sockets.find(socket_key(sighting.socket)); found != state_.sockets.end())
        found->second.held_look = state_.look;
      continue;
    }
    if (!is_candidate(sighting) || is_overtaken(sighting)) continue;
    const auto found = state_.sockets.find(socket_key(sighting.socket));
    if (found == state_.sockets.end()) {
      newcomers_.push_back(&sighting);
      continue;
    }
    TrackedSocket& socket = found->second;
    if (socket.look == state_.look) continue;
    if (!is_same_place(socket.listener->socket, sighting.socket)) {
      supersede(socket);
      state_.sockets.erase(found);
      newcomers_.push_back(&sighting);
      continue;
    }
    ++seen;
    mark_listed(socket, sighting);
  }
  if (seen < state_.sockets.size()) {
    if (!newcomers_.empty()) adopt_by_inode();
    sweep();
  }
}

/// The look began before we were told that the socket is closed.
bool Look::is_overtaken(const model::Sighting& sighting) const {
  const auto told = state_.told_closed.find(socket_key(sighting.socket));
  return told != state_.told_closed.end() && told->second >= snapshot_.started;
}

void Look::mark_listed(TrackedSocket& socket, const model::Sighting& sighting) {
  socket.look = state_.look;
  socket.absences = 0;
  socket.held_looks = 0;
  socket.unlisted_since.reset();
  socket.is_let_go = false;
  if (socket.listener->unwatched_since) {
    auto watched = std::make_shared<Listener>(*socket.listener);
    watched->unwatched_since.reset();
    state_.replace(socket, std::move(watched));
  }
  if (socket.is_announced) {
    update_holders(socket, sighting);
    note_named_port(socket, sighting);
  } else {
    refresh_waiting(socket, sighting);
  }
  socket.last_seen = std::max(socket.last_seen, std::optional(snapshot_.started));
}

/// The OS gave the name of a socket that we know to another one, or the socket listens elsewhere now.
void Look::supersede(TrackedSocket& socket) {
  if (!socket.is_announced) {
    state_.announce(changes_, socket);
    changes_.opened.back().is_over = true;
  }
  changes_.closed.push_back(state_.close(socket, state_.end_of(socket, snapshot_.finished, now_)));
}

/// After a restart another sensor may name the same sockets otherwise: by inode instead of cookie.
void Look::adopt_by_inode() {
  std::unordered_map<std::uint64_t, SocketKey> unseen;
  for (const auto& [key, socket] : state_.sockets)
    if (!socket.last_seen && socket.listener->socket.inode != 0)
      unseen.emplace(socket.listener->socket.inode, key);
  if (unseen.empty()) return;
  std::erase_if(newcomers_, [&](const model::Sighting* sighting) {
    const auto match = unseen.find(sighting->socket.inode);
    if (match == unseen.end() || match->second.id.kind == sighting->socket.id.kind) return false;
    const auto found = state_.sockets.find(match->second);
    if (found == state_.sockets.end() || found->first.netns != sighting->socket.netns ||
        found->second.listener->socket.endpoint != sighting->socket.endpoint)
      return false;
    auto node = state_.sockets.extract(found);
    node.key() = socket_key(sighting->socket);
    auto renamed = std::make_shared<Listener>(*node.mapped().listener);
    renamed->socket.id = sighting->socket.id;
    renamed->socket.device = sighting->socket.device;  // not every sensor knows it
    state_.replace(node.mapped(), std::move(renamed));
    const auto inserted = state_.sockets.insert(std::move(node));
    mark_listed(inserted.position->second, *sighting);
    return true;
  });
}

/// Whoever this look did not list, in tables that it read whole.
void Look::sweep() {
  for (auto item = state_.sockets.begin(); item != state_.sockets.end();) {
    TrackedSocket& socket = item->second;
    if (socket.look != state_.look && has_closed(socket)) {
      changes_.closed.push_back(state_.close(socket, state_.end_of(socket, *socket.unlisted_since, now_),
                                             state_.ending_of(socket)));
      item = state_.sockets.erase(item);
    } else {
      ++item;
    }
  }
}

/// Of one that this look did not list.
bool Look::has_closed(TrackedSocket& socket) {
  if (!model::is_whole(snapshot_.coverage, model::table_of(socket.listener->socket))) return false;
  if (socket.last_seen >= snapshot_.started) return false;  // it opened since
  if (!socket.is_announced) state_.announce(changes_, socket);
  if (!socket.unlisted_since) socket.unlisted_since = snapshot_.finished;
  if (socket.held_look == state_.look || are_all_alive(*socket.listener)) socket.is_let_go = true;
  if (socket.held_look == state_.look) {
    socket.absences = 0;
    return ++socket.held_looks >= kHeldLooksToClose;
  }
  if (++socket.absences >= kAbsencesToClose) return true;
  is_another_look_wanted_ = true;
  newly_absent_.push_back(socket.listener.get());
  return false;
}

// --- Newcomers

void Look::welcome() {
  std::ranges::sort(newcomers_, {}, [](const model::Sighting* sighting) {
    const model::SocketRecord& socket = sighting->socket;
    return std::tuple(socket.netns, socket.endpoint, socket.id);
  });
  for (const model::Sighting* sighting : newcomers_) {
    const SocketKey key = socket_key(sighting->socket);
    const auto [place, is_new] = state_.sockets.try_emplace(key);
    if (!is_new) continue;
    const auto last_look = state_.last_look_at(sighting->socket);
    auto draft = std::make_shared<Listener>();
    draft->key = {state_.boot_id, key.netns, key.id, ++state_.last_generation};
    draft->opened = state_.between(last_look, snapshot_.finished, now_);
    describe(*draft, *sighting, *snapshot_.host);
    TrackedSocket& socket = place->second;
    socket.look = state_.look;
    socket.last_seen = snapshot_.started;
    socket.is_first_scan = !state_.had_first_scan && !last_look;
    socket.may_be_restart = std::ranges::any_of(
        newly_absent_, [&](const Listener* absent) { return absent->service == draft->service; });
    state_.replace(socket, std::move(draft));
    state_.waiting.push_back(key);
  }
}

void Look::refresh_waiting(TrackedSocket& socket, const model::Sighting& sighting) {
  auto draft = std::make_shared<Listener>(*socket.listener);
  describe(*draft, sighting, *snapshot_.host);
  state_.replace(socket, std::move(draft));
  socket.may_be_restart = false;
}

void Look::announce_waiting() {
  std::erase_if(state_.waiting, [&](const SocketKey& key) {
    const auto found = state_.sockets.find(key);
    if (found == state_.sockets.end() || found->second.is_announced) return true;
    TrackedSocket& socket = found->second;
    if (socket.considered_look == state_.look) return true;
    socket.considered_look = state_.look;
    if (socket.look == state_.look && should_wait(socket)) {
      ++socket.waits;
      auto draft = std::make_shared<Listener>(*socket.listener);
      state_.replace(socket, draft);
      changes_.held.push_back(std::move(draft));
      is_another_look_wanted_ = true;
      return false;
    }
    state_.announce(changes_, socket);
    return true;
  });
}

// --- Holders

void Look::update_holders(TrackedSocket& socket, const model::Sighting& sighting) {
  const Listener& known = *socket.listener;
  if (known.attribution == sighting.attribution && same_references(known.owners, sighting.owners)) {
    socket.doubtful_looks = 0;
    return;
  }
  const bool believes_absence = socket.doubtful_looks + 1 >= kDoubtfulLooksToBelieve;
  // Nobody has it, but io_uring can keep it for a process that has no descriptor of it: until that ends.
  const bool is_without_descriptor =
      believes_absence && sighting.owners.empty() && sighting.attribution == model::Attribution::kKernel;
  model::Sighting without_descriptor{.owners = {}, .attribution = sighting.attribution};
  if (is_without_descriptor) without_descriptor.owners = state_.ends.without_ended(known.owners);
  OwnerUpdate update = update_owners(known.owners, known.attribution,
                                     is_without_descriptor ? without_descriptor : sighting, believes_absence);
  socket.doubtful_looks = update.is_doubtful ? socket.doubtful_looks + 1 : 0;
  const bool is_changed = !update.added.empty() || !update.removed.empty();
  if (!is_changed && update.attribution == known.attribution && same_references(known.owners, update.owners))
    return;

  auto listener = std::make_shared<Listener>(known);
  listener->owners = std::move(update.owners);
  listener->attribution = update.attribution;
  if (is_changed) {
    identify_again(*listener, update.has_exec);
    changes_.owner_changed.push_back(
        {listener, socket.listener,
         state_.between(unchanged_until(socket, update.removed), snapshot_.finished, now_),
         std::move(update.added), std::move(update.removed)});
  }
  state_.replace(socket, std::move(listener));
}

/// When those that are not what they were any more were last seen to be it.
std::optional<base::BootTime> Look::unchanged_until(const TrackedSocket& socket,
                                                    const std::vector<model::ProcessRef>& removed) const {
  auto until = socket.last_seen;
  const auto is_among = [&](const model::ProcessKey& key) {
    return std::ranges::any_of(removed, [&](const model::ProcessRef& owner) { return owner->key == key; });
  };
  for (const model::LateChange& change : snapshot_.late_changes)
    if (until && change.since < *until && is_among(change.process)) until = change.since;
  return until;
}

/// Who told that it opened may not have known whether its program named the port: many refused binds take the
/// place where that is kept away. A look that sees it does. Of TCP that does not matter: it was judged all
/// the same. What an earlier run found to be known stays so: it may have looked by a sensor that sees less.
void Look::note_named_port(TrackedSocket& socket, const model::Sighting& sighting) {
  const Listener& known = *socket.listener;
  if (known.socket.bind_intent != model::BindIntent::kUnknown ||
      sighting.socket.bind_intent != model::BindIntent::kExplicit)
    return;
  if (known.socket.endpoint.protocol != net::Protocol::kUdp) return;
  if (!socket.is_told && known.verdict == model::Verdict::kKnown) return;
  auto listener = std::make_shared<Listener>(known);
  listener->socket.bind_intent = model::BindIntent::kExplicit;
  listener->service.port = listener->socket.endpoint.port;
  changes_.owner_changed.push_back({.listener = listener,
                                    .before = socket.listener,
                                    .time = state_.between(socket.last_seen, snapshot_.finished, now_),
                                    .added = {},
                                    .removed = {},
                                    .is_port_named = true});
  state_.replace(socket, std::move(listener));
}

}  // namespace portwatch::core
