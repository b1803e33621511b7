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

/// What becomes of events that cannot be committed now.
enum class OnFailure : std::uint8_t {
  kWait,    ///< they wait until they can be
  kRefuse,  ///< they are given back: somebody waits for a yes or a no
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
    std::function<void(std::optional<base::Error>)>
        on_health;  ///< when writing starts to fail, and when it works again
    /// Events of one call of append(kRefuse), and why they were not stored.
    std::function<void(std::vector<model::Event>, base::Error)> on_refused;
  };

  WriterThread(std::unique_ptr<interface::EventWriter> writer, Options options, Callbacks callbacks);
  ~WriterThread();  ///< as stop(0)

  /// Queues events that belong together: they are committed in one group. Never blocks.
  /// Errors: kResourceExhausted: the queue is full and these events are dropped; the thread itself stores a
  /// `gap` from the first dropped to the last one as soon as it can write again, and behind it what is needed
  /// for the present to be right. Nothing of that for kRefuse: then they are simply not stored. Thread: any.
  [[nodiscard]] base::Status append(std::vector<model::Event> events,
                                    OnFailure on_failure = OnFailure::kWait);

  /// From now on; unset: keep for ever. Thread: any.
  void set_retention(std::optional<base::Micros> retention);

  [[nodiscard]] std::size_t pending() const;  ///< events that wait; any thread

  /// Commits what waits, as long as no `patience` passes without a commit that worked, and ends the thread.
  /// Returns how many events were lost. Idempotent.
  std::size_t stop(base::Micros patience);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portwatch::store
