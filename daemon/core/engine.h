// SPDX-License-Identifier: Apache-2.0
#pragma once

// The core as one thing: observations and commands in, events out. Pure: it reads no clock, file, socket or
// environment and never logs; `now` is given. The caller commits the events first and tells them afterwards.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/model/alert.h"
#include "common/model/baseline_entry.h"
#include "common/model/event.h"
#include "common/model/observation.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::core {

/// What an earlier run left, as the core needs it.
struct Memory {
  std::vector<model::ListenerRef> open_listeners;
  /// Closed shortly before `last_alive` and not replaced since, in order of their end
  std::vector<model::ListenerRef> recently_closed;
  std::vector<model::BaselineEntry> baseline;
  std::vector<model::Alert> alerts;  ///< open, acknowledged, rejected
  base::AlertId last_alert_id;
  std::int64_t last_generation = 0;
  std::optional<base::UtcTime> last_alive;
  std::string last_boot_id;
  std::optional<base::UtcTime> learning_until;  ///< unset: no first scan was made yet
};

struct Effects {
  std::vector<model::Event> events;  ///< in order; `seq` not yet set
  bool look_again = false;  ///< something was missing for the first time: take the next snapshot at once
  bool look_soon = false;   ///< other processes may hold what listens: take one before long
};

class Engine {
 public:
  struct Options {
    model::Profile profile = model::Profile::kLaptop;
    base::Micros learning = std::chrono::hours{24};  ///< from the first scan; 0: none
    /// How far apart looks are meant to be, so that a standstill is noticed. Unset: they come as they come.
    std::optional<base::Micros> scan_interval;
  };

  Engine(Options options, Memory memory);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Once, before the first snapshot: `started`, and a `gap` since the last run was alive.
  [[nodiscard]] Effects start(model::StartedDetail detail, const std::string& boot_id, base::Moment now);
  [[nodiscard]] Effects on_snapshot(const model::Snapshot& snapshot, base::Moment now);
  /// What a sensor told since the last call, in the order in which it happened. After the first snapshot.
  [[nodiscard]] Effects on_observations(std::span<const model::Observation> told, base::Moment now);
  /// About once a second: ends learning, notices a suspend.
  [[nodiscard]] Effects on_tick(base::Moment now);
  [[nodiscard]] Effects stop(base::Moment now);

  /// A reloaded configuration; applies to what is judged from now on, and to learning while it goes on.
  [[nodiscard]] Effects set_options(Options options, base::Moment now);

  /// Errors: kNotFound (no such alert waits), kConflict (it is already so).
  [[nodiscard]] base::Result<Effects> approve(base::AlertId id, const std::string& actor, base::Moment now);
  [[nodiscard]] base::Result<Effects> reject(base::AlertId id, const std::string& actor, base::Moment now);
  [[nodiscard]] base::Result<Effects> acknowledge(base::AlertId id, const std::string& actor,
                                                  base::Moment now);

  /// The last of these decisions could not be stored: all is again as if it had not been made. Nothing else
  /// was learned in between.
  void take_back_decision();

  /// Who listens now, sorted by port, protocol, address, then key. Valid until the next change.
  [[nodiscard]] const std::vector<model::ListenerRef>& listeners() const;
  [[nodiscard]] std::size_t listener_count() const;
  /// How many alerts are open, by severity; every severity has an entry.
  [[nodiscard]] std::map<model::Severity, std::uint64_t> open_alerts() const;
  /// How many situations raised no alert because too many of the same user wait.
  [[nodiscard]] std::uint64_t alerts_not_raised() const;
  /// What another engine needs to go on from here, but for when that is (`last_alive`). A newcomer that is
  /// not announced yet is none of it.
  [[nodiscard]] Memory memory() const;
  /// An alert that waits or is remembered, as a decision would find it: with its listener as it is by now.
  [[nodiscard]] std::optional<model::Alert> alert(base::AlertId id) const;
  [[nodiscard]] const model::Coverage& coverage() const;
  [[nodiscard]] std::optional<base::UtcTime> learning_until() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portwatch::core
