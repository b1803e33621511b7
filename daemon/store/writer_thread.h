// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one thread that writes. It gathers what waits into groups (group commit), keeps `last_alive` fresh when
// nothing happens, prunes by age in small steps, and waits and tries again while the store cannot write (a
// full disk): what waits is bounded, and what had to be dropped becomes a gap.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "daemon/interface/event_store.h"

namespace portwatch::store {

/// What keeps the writer from its work, now.
struct WriterHealth {
  std::optional<base::Error> commit;  ///< why nothing can be stored
  std::optional<base::Error> prune;   ///< why what is old stays

  bool operator==(const WriterHealth&) const = default;
};

class WriterThread {
 public:
  struct Options {
    std::size_t max_pending_events = 100'000;
    base::Micros alive_interval = std::chrono::seconds{30};
    base::Micros retry_interval = std::chrono::seconds{1};
    std::optional<base::Micros> retention = std::chrono::days{90};  ///< unset: keep for ever
    std::string boot_id;
    std::function<base::Moment()> now;  ///< called on the writer's thread
    /// How long the wall clock must have kept pace before anything is deleted for its age.
    base::Micros clock_trial = std::chrono::hours{1};
  };

  /// Called on the writer's thread, in commit order. `on_committed` gets each group with its seqs filled in.
  struct Callbacks {
    std::function<void(std::vector<model::Event>)> on_committed;
    std::function<void(const WriterHealth&)> on_health;  ///< whenever it has changed
  };

  /// The events of a decision as they were stored, or why they were not and never will be. Called once, on
  /// the writer's thread behind on_committed, or by stop().
  using Decided = std::function<void(base::Result<std::vector<model::Event>>)>;

  WriterThread(std::unique_ptr<interface::EventWriter> writer, Options options, Callbacks callbacks);
  ~WriterThread();  ///< as stop(0)

  /// Queues events that belong together: they are committed in one group. Never blocks.
  /// Errors: kResourceExhausted: the queue is full and these events are dropped; the thread itself stores a
  /// `gap` from the first dropped to the last one as soon as it can write again, and behind it what is needed
  /// for the present to be right. kUnavailable: it ends. Thread: any.
  [[nodiscard]] base::Status append(std::vector<model::Event> events);

  /// Queues events for which somebody waits, for a yes or a no: they are tried once.
  /// Errors: as append(), but nothing follows and nothing is lost: `decided` is not called. Thread: any.
  [[nodiscard]] base::Status append_decision(std::vector<model::Event> events, Decided decided);

  /// From now on the decisions that are under way wait as other events do, because others build on them.
  /// False: there is none, or no more; who waits for one hears so. Thread: any.
  bool insist();

  /// From now on; unset: keep for ever. Thread: any.
  void set_retention(std::optional<base::Micros> retention);

  [[nodiscard]] std::size_t pending() const;  ///< events that wait; any thread

  /// Commits what waits, as long as no `patience` passes without a commit that worked, and ends the thread.
  /// Returns how many events were lost; a decision that is answered with no is none of them. Idempotent.
  std::size_t stop(base::Micros patience);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portwatch::store
