// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/tracker.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

#include "common/base/assert.h"
#include "daemon/core/describe.h"
#include "daemon/core/owners.h"

namespace portwatch::core {
namespace {

using model::Listener;
using model::ListenerRef;

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

/// A listener may be missed by that many late looks before it counts as closed, and rarely by more.
constexpr std::size_t kMaxStandstills = 8;

/// What the OS names a socket by; a listener's key says besides which of its listening periods.
struct SocketKey {
  base::Netns netns;
  model::SocketId id;

  bool operator==(const SocketKey&) const = default;
};

struct SocketKeyHash {
  std::size_t operator()(const SocketKey& key) const noexcept {
    return std::hash<model::SocketId>{}(key.id) * 31U + std::hash<base::Netns>{}(key.netns);
  }
};

SocketKey socket_key(const model::SocketRecord& socket) {
  return {socket.netns, socket.id};
}

model::Table table_of(const model::SocketRecord& socket) {
  return {socket.netns, socket.endpoint.protocol, socket.endpoint.address.family()};
}

/// A socket that listens can be tied to another device, or to none: it reaches elsewhere from then on.
bool is_same_place(const model::SocketRecord& a, const model::SocketRecord& b) {
  return a.endpoint == b.endpoint && a.device == b.device;
}

bool is_candidate(const model::Sighting& sighting) {
  return sighting.presence == model::Presence::kListed &&
         sighting.socket.bind_intent != model::BindIntent::kAuto;
}

struct Entry {
  std::shared_ptr<const Listener> listener;
  std::optional<base::BootTime> last_listed;     ///< start of the last look of this run that listed it
  std::optional<base::BootTime> unlisted_since;  ///< end of the first look that did not
  std::uint64_t look = 0;                        ///< the last look that listed it
  std::uint64_t held_look = 0;                   ///< the last look that saw it as held
  unsigned absences = 0;
  unsigned held_looks = 0;
  unsigned doubtful_looks = 0;
  unsigned waits = 0;                 ///< looks that it was held back for
  std::uint64_t considered_look = 0;  ///< the last look that decided whether it waits
  bool is_announced = false;
  bool is_first_scan = false;
  bool may_be_restart = false;
};

}  // namespace

struct Tracker::Impl {
  using Entries = std::unordered_map<SocketKey, Entry, SocketKeyHash>;

  Entries entries;
  std::map<model::Table, base::BootTime> last_looks;  ///< start of the last look at each table in this run
  std::string boot_id;
  std::int64_t last_generation = 0;
  std::optional<base::UtcTime> last_alive;
  bool had_first_scan = false;  ///< in an earlier run
  bool is_started = false;
  std::uint64_t look = 0;
  unsigned looks_at_once = 0;
  std::vector<SocketKey> waiting;          ///< not announced yet
  std::deque<base::BootTime> standstills;  ///< when the last few ended

  mutable std::vector<ListenerRef> sorted;  ///< the answer to listeners(), as long as nothing changes
  mutable bool is_sorted = false;

  /// Every change of what is listed goes through here or through close().
  void replace(Entry& entry, std::shared_ptr<const Listener> listener) {
    entry.listener = std::move(listener);
    is_sorted = false;
  }

  /// One call of observe().
  struct Look {
    const model::Snapshot& snapshot;
    base::Moment now;
    Observation result;
    bool is_another_look_wanted = false;
    std::vector<const model::Sighting*> newcomers;
    std::vector<const Listener*> newly_absent;
  };

  [[nodiscard]] base::UtcTime start_of_gap(base::Moment now) const {
    const base::UtcTime boot = now.to_utc(base::BootTime{});
    return last_alive ? std::max(*last_alive, boot) : boot;
  }

  /// Something that was first seen at `at` and was not there at `before`; or at no earlier look of this run.
  [[nodiscard]] model::EventTime between(std::optional<base::BootTime> before, base::BootTime at,
                                         base::Moment now) const {
    model::EventTime time;
    time.at = now.to_utc(at);
    time.boot = at;
    const bool was_watched = before && std::ranges::none_of(standstills, [&](base::BootTime end) {
                               return *before < end && end <= at;
                             });
    time.precision = was_watched ? model::Precision::kPoll : model::Precision::kGap;
    time.earliest = std::min(time.at, before ? now.to_utc(*before) : start_of_gap(now));
    return time;
  }

  ListenerRef close(const Entry& entry, const model::EventTime& time) {
    is_sorted = false;
    auto closed = std::make_shared<Listener>(*entry.listener);
    closed->closed = time;
    return closed;
  }

  // --- One look

  void match(Look& look_now) {
    std::size_t seen = 0;
    for (const model::Sighting& sighting : look_now.snapshot.sightings) {
      if (sighting.presence == model::Presence::kHeld) {
        if (const auto found = entries.find(socket_key(sighting.socket)); found != entries.end())
          found->second.held_look = look;
        continue;
      }
      if (!is_candidate(sighting)) continue;
      const auto found = entries.find(socket_key(sighting.socket));
      if (found == entries.end()) {
        look_now.newcomers.push_back(&sighting);
        continue;
      }
      Entry& entry = found->second;
      if (entry.look == look) continue;
      if (!is_same_place(entry.listener->socket, sighting.socket)) {
        supersede(look_now, entry);
        entries.erase(found);
        look_now.newcomers.push_back(&sighting);
        continue;
      }
      ++seen;
      mark_listed(look_now, entry, sighting);
    }
    if (seen < entries.size()) {
      if (!look_now.newcomers.empty()) adopt_by_inode(look_now);
      sweep(look_now);
    }
  }

  void mark_listed(Look& look_now, Entry& entry, const model::Sighting& sighting) {
    entry.look = look;
    entry.absences = 0;
    entry.held_looks = 0;
    entry.unlisted_since.reset();
    if (entry.is_announced)
      update_holders(look_now, entry, sighting);
    else
      refresh_waiting(look_now, entry, sighting);
    entry.last_listed = look_now.snapshot.started;
  }

  /// The OS gave the name of a socket that we know to another one, or the socket listens elsewhere now.
  void supersede(Look& look_now, Entry& entry) {
    if (!entry.is_announced) {
      announce(look_now, entry);
      look_now.result.opened.back().is_over = true;
    }
    look_now.result.closed.push_back(
        close(entry, between(entry.last_listed, look_now.snapshot.finished, look_now.now)));
  }

  /// After a restart another sensor may name the same sockets otherwise: by inode instead of cookie.
  void adopt_by_inode(Look& look_now) {
    std::unordered_map<std::uint64_t, SocketKey> unseen;
    for (const auto& [key, entry] : entries)
      if (!entry.last_listed && entry.listener->socket.inode != 0)
        unseen.emplace(entry.listener->socket.inode, key);
    if (unseen.empty()) return;
    std::erase_if(look_now.newcomers, [&](const model::Sighting* sighting) {
      const auto match = unseen.find(sighting->socket.inode);
      if (match == unseen.end() || match->second.id.kind == sighting->socket.id.kind) return false;
      const auto found = entries.find(match->second);
      if (found == entries.end() || found->first.netns != sighting->socket.netns ||
          found->second.listener->socket.endpoint != sighting->socket.endpoint)
        return false;
      auto node = entries.extract(found);
      node.key() = socket_key(sighting->socket);
      auto renamed = std::make_shared<Listener>(*node.mapped().listener);
      renamed->socket.id = sighting->socket.id;
      renamed->socket.device = sighting->socket.device;  // not every sensor knows it
      replace(node.mapped(), std::move(renamed));
      const auto inserted = entries.insert(std::move(node));
      mark_listed(look_now, inserted.position->second, *sighting);
      return true;
    });
  }

  /// Whoever this look did not list, in tables that it read whole.
  void sweep(Look& look_now) {
    for (auto item = entries.begin(); item != entries.end();) {
      Entry& entry = item->second;
      if (entry.look != look && has_closed(look_now, entry)) {
        look_now.result.closed.push_back(
            close(entry, between(entry.last_listed, *entry.unlisted_since, look_now.now)));
        item = entries.erase(item);
      } else {
        ++item;
      }
    }
  }

  /// Of one that this look did not list.
  bool has_closed(Look& look_now, Entry& entry) {
    const auto& tables = look_now.snapshot.coverage.tables;
    if (!std::ranges::binary_search(tables, table_of(entry.listener->socket))) return false;
    if (!entry.is_announced) announce(look_now, entry);
    if (!entry.unlisted_since) entry.unlisted_since = look_now.snapshot.finished;
    if (entry.held_look == look) {
      entry.absences = 0;
      return ++entry.held_looks >= kHeldLooksToClose;
    }
    if (++entry.absences >= kAbsencesToClose) return true;
    look_now.is_another_look_wanted = true;
    look_now.newly_absent.push_back(entry.listener.get());
    return false;
  }

  // --- Newcomers

  void welcome(Look& look_now) {
    std::ranges::sort(look_now.newcomers, {}, [](const model::Sighting* sighting) {
      const model::SocketRecord& socket = sighting->socket;
      return std::tuple(socket.netns, socket.endpoint, socket.id);
    });
    for (const model::Sighting* sighting : look_now.newcomers) {
      const SocketKey key = socket_key(sighting->socket);
      const auto [place, is_new] = entries.try_emplace(key);
      if (!is_new) continue;
      const auto last_look = last_looks.find(table_of(sighting->socket));
      const bool was_looked_at = last_look != last_looks.end();
      auto draft = std::make_shared<Listener>();
      draft->key = {boot_id, key.netns, key.id, ++last_generation};
      draft->opened = between(was_looked_at ? std::optional(last_look->second) : std::nullopt,
                              look_now.snapshot.finished, look_now.now);
      describe(*draft, *sighting, *look_now.snapshot.host);
      Entry& entry = place->second;
      entry.look = look;
      entry.last_listed = look_now.snapshot.started;
      entry.is_first_scan = !had_first_scan && !was_looked_at;
      entry.may_be_restart = std::ranges::any_of(
          look_now.newly_absent, [&](const Listener* absent) { return absent->service == draft->service; });
      replace(entry, std::move(draft));
      waiting.push_back(key);
    }
  }

  void refresh_waiting(const Look& look_now, Entry& entry, const model::Sighting& sighting) {
    auto draft = std::make_shared<Listener>(*entry.listener);
    describe(*draft, sighting, *look_now.snapshot.host);
    replace(entry, std::move(draft));
    entry.may_be_restart = false;
  }

  [[nodiscard]] static bool should_wait(const Entry& entry) {
    if (entry.may_be_restart) return true;
    if (entry.is_first_scan) return false;
    if (entry.listener->attribution == model::Attribution::kExited)
      return entry.waits < kLooksForAnExitedOwner;
    return entry.listener->owners.empty() && entry.waits < 1;
  }

  void announce_waiting(Look& look_now) {
    std::erase_if(waiting, [&](const SocketKey& key) {
      const auto found = entries.find(key);
      if (found == entries.end() || found->second.is_announced) return true;
      Entry& entry = found->second;
      if (entry.considered_look == look) return true;
      entry.considered_look = look;
      if (entry.look == look && should_wait(entry)) {
        ++entry.waits;
        auto draft = std::make_shared<Listener>(*entry.listener);
        replace(entry, draft);
        look_now.result.held.push_back(std::move(draft));
        look_now.is_another_look_wanted = true;
        return false;
      }
      announce(look_now, entry);
      return true;
    });
  }

  void announce(Look& look_now, Entry& entry) {
    auto listener = std::make_shared<Listener>(*entry.listener);
    replace(entry, listener);
    entry.is_announced = true;
    look_now.result.opened.push_back({.listener = std::move(listener), .is_first_scan = entry.is_first_scan});
  }

  // --- Holders

  void update_holders(Look& look_now, Entry& entry, const model::Sighting& sighting) {
    const Listener& known = *entry.listener;
    if (known.attribution == sighting.attribution && same_references(known.owners, sighting.owners)) {
      entry.doubtful_looks = 0;
      return;
    }
    const bool believes_absence = entry.doubtful_looks + 1 >= kDoubtfulLooksToBelieve;
    OwnerUpdate update = update_owners(known.owners, known.attribution, sighting, believes_absence);
    entry.doubtful_looks = update.is_doubtful ? entry.doubtful_looks + 1 : 0;
    const bool is_changed = !update.added.empty() || !update.removed.empty();
    if (!is_changed && update.attribution == known.attribution &&
        same_references(known.owners, update.owners))
      return;

    auto listener = std::make_shared<Listener>(known);
    listener->owners = std::move(update.owners);
    listener->attribution = update.attribution;
    if (is_changed) {
      identify_again(*listener);
      look_now.result.owner_changed.push_back(
          {listener, entry.listener, between(entry.last_listed, look_now.snapshot.finished, look_now.now),
           std::move(update.added), std::move(update.removed)});
    }
    replace(entry, std::move(listener));
  }
};

Tracker::Tracker(Past past) : impl_(std::make_unique<Impl>()) {
  impl_->last_generation = past.last_generation;
  impl_->last_alive = past.last_alive;
  impl_->had_first_scan = past.had_first_scan;
  for (ListenerRef& listener : past.open_listeners) {
    const SocketKey key = socket_key(listener->socket);
    Entry entry;
    entry.listener = std::move(listener);
    entry.is_announced = true;
    impl_->entries.emplace(key, std::move(entry));
  }
}

Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

std::vector<ListenerRef> Tracker::start(const std::string& boot_id, base::Moment now) {
  impl_->boot_id = boot_id;
  impl_->is_started = true;
  std::vector<ListenerRef> closed;
  std::erase_if(impl_->entries, [&](const auto& item) {
    const Entry& entry = item.second;
    if (entry.listener->key.boot_id == boot_id) return false;
    model::EventTime time;
    time.precision = model::Precision::kGap;
    time.earliest = impl_->last_alive;
    time.at = now.to_utc(time.boot);
    if (time.earliest) time.at = std::max(time.at, *time.earliest);
    if (!time.earliest) time.earliest = time.at;
    closed.push_back(impl_->close(entry, time));
    return true;
  });
  std::ranges::sort(closed, {}, [](const ListenerRef& listener) { return listener->key.generation; });
  return closed;
}

void Tracker::note_standstill(base::BootTime until) {
  impl_->standstills.push_back(until);
  if (impl_->standstills.size() > kMaxStandstills) impl_->standstills.pop_front();
}

Observation Tracker::observe(const model::Snapshot& snapshot, base::Moment now) {
  PW_ASSERT(impl_->is_started);
  PW_ASSERT(snapshot.host != nullptr);
  ++impl_->look;
  Impl::Look look{.snapshot = snapshot, .now = now, .result = {}, .newcomers = {}, .newly_absent = {}};
  impl_->match(look);
  impl_->welcome(look);
  impl_->announce_waiting(look);
  for (const model::Table& table : snapshot.coverage.tables) impl_->last_looks[table] = snapshot.started;

  impl_->looks_at_once = look.is_another_look_wanted ? impl_->looks_at_once + 1 : 0;
  look.result.look_again = look.is_another_look_wanted && impl_->looks_at_once <= kMaxLooksAtOnce;
  if (impl_->looks_at_once > kMaxLooksAtOnce) impl_->looks_at_once = 0;
  std::ranges::sort(look.result.closed, {}, [](const auto& closed) { return closed->key.generation; });
  std::ranges::sort(look.result.opened, {},
                    [](const auto& opened) { return opened.listener->key.generation; });
  std::ranges::sort(look.result.owner_changed, {},
                    [](const auto& change) { return change.listener->key.generation; });
  return std::move(look.result);
}

std::size_t Tracker::set_verdict(const model::ServiceKey& service, model::Verdict verdict) {
  std::size_t count = 0;
  for (auto& [key, entry] : impl_->entries) {
    if (entry.listener->service != service) continue;
    auto listener = std::make_shared<Listener>(*entry.listener);
    listener->verdict = verdict;
    impl_->replace(entry, std::move(listener));
    ++count;
  }
  return count;
}

ListenerRef Tracker::find(const model::ListenerKey& key) const {
  const auto found = impl_->entries.find({key.netns, key.socket});
  if (found != impl_->entries.end() && found->second.listener->key == key) return found->second.listener;
  for (const auto& [socket, entry] : impl_->entries)
    if (entry.listener->key == key) return entry.listener;
  return nullptr;
}

std::vector<ListenerRef> Tracker::announced() const {
  std::vector<ListenerRef> listeners;
  for (const auto& [key, entry] : impl_->entries)
    if (entry.is_announced) listeners.push_back(entry.listener);
  std::ranges::sort(listeners, {}, [](const ListenerRef& listener) { return listener->key.generation; });
  return listeners;
}

std::int64_t Tracker::last_generation() const {
  return impl_->last_generation;
}

std::size_t Tracker::count() const {
  return impl_->entries.size();
}

const std::vector<ListenerRef>& Tracker::listeners() const {
  if (impl_->is_sorted) return impl_->sorted;
  impl_->sorted.clear();
  impl_->sorted.reserve(impl_->entries.size());
  for (const auto& [key, entry] : impl_->entries) impl_->sorted.push_back(entry.listener);
  std::ranges::sort(impl_->sorted, {}, [](const ListenerRef& listener) {
    const net::Endpoint& endpoint = listener->socket.endpoint;
    return std::tie(endpoint.port, endpoint.protocol, endpoint.address, listener->key);
  });
  impl_->is_sorted = true;
  return impl_->sorted;
}

}  // namespace portwatch::core
