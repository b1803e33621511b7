// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fact that is stored, then told. The event log is the whole truth: what the store keeps besides
// (listeners, owners, baseline, alerts) is what the events say, arranged for questions.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/model/alert.h"
#include "common/model/baseline_entry.h"
#include "common/model/conflict.h"
#include "common/model/coverage.h"
#include "common/model/event_time.h"
#include "common/model/listener.h"

namespace portwatch::model {

enum class EventKind : std::uint8_t {
  kStarted,          ///< portwatchd began to watch
  kStopped,          ///< portwatchd was told to stop
  kGap,              ///< nobody watched between two times
  kSuspended,        ///< the machine slept
  kCoverageChanged,  ///< what cannot be seen has changed
  kOpened,
  kClosed,
  kOwnerChanged,   ///< other holders, or the same process with another program
  kAlertRaised,    ///< a new alert, or the return of one that counts up
  kAlertChanged,   ///< acknowledged, approved, rejected, or delivered after learning
  kPolicyChanged,  ///< entries joined the baseline
  kBindConflict,   ///< a program wanted an address and did not get it
};

struct StartedDetail {
  std::string version;
  std::string sensor;
  bool operator==(const StartedDetail&) const = default;
};
struct GapDetail {
  base::UtcTime from;  ///< the last time that we know portwatchd watched
  base::UtcTime to;
  std::string reason;  ///< "portwatchd was not running", "the machine restarted", "the store was full"
  bool operator==(const GapDetail&) const = default;
};
struct SuspendedDetail {
  base::Micros duration{};
  bool operator==(const SuspendedDetail&) const = default;
};
struct CoverageDetail {
  Coverage coverage;
  bool operator==(const CoverageDetail&) const = default;
};
struct OpenedDetail {
  /// The closed period of the same service that this one continues: a restart
  std::optional<ListenerKey> replaces;
  std::optional<base::Seq> replaces_seq;  ///< its `closed` event; filled in by the store
  bool operator==(const OpenedDetail&) const = default;
};
struct OwnerChangedDetail {
  /// Or the same process after an exec (then its former self is in `removed`)
  std::vector<ProcessRef> added;
  std::vector<ProcessRef> removed;
  std::uint64_t added_left_out = 0;  ///< as Listener::owners_left_out
  std::uint64_t removed_left_out = 0;
  bool operator==(const OwnerChangedDetail&) const;  ///< compares what the references point to
};
struct AlertDetail {
  Alert alert;  ///< as it is after the event
  bool operator==(const AlertDetail&) const = default;
};
struct PolicyDetail {
  std::vector<BaselineEntry> added;
  std::optional<base::UtcTime> learning_until;  ///< set by the first scan alone: when learning ends
  std::uint64_t added_left_out = 0;             ///< as Listener::owners_left_out
  bool operator==(const PolicyDetail&) const = default;
};

using EventDetail = std::variant<std::monostate, StartedDetail, GapDetail, SuspendedDetail, CoverageDetail,
                                 OpenedDetail, OwnerChangedDetail, AlertDetail, PolicyDetail, ConflictDetail>;

struct Event {
  base::Seq seq;  ///< 0 until the store has committed it
  EventTime time;
  EventKind kind = EventKind::kStarted;
  /// As it is after the event; null for events that are about no listener. Of a bind_conflict: the one that
  /// did not come to be, with who wanted it and where; opened and closed when it was refused.
  ListenerRef listener;
  EventDetail detail;
};

/// Compares what the references point to.
bool operator==(const Event& a, const Event& b);

/// Whether the event has the detail of its kind, or none, and an alert in it has a listener.
[[nodiscard]] bool is_well_formed(const Event& event);

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::EventKind> =
    std::to_array<std::string_view>({"started", "stopped", "gap", "suspended", "coverage_changed", "opened",
                                     "closed", "owner_changed", "alert_raised", "alert_changed",
                                     "policy_changed", "bind_conflict"});
