// SPDX-License-Identifier: Apache-2.0
#pragma once

// The alerts that wait for a person or must be remembered: open, acknowledged and rejected ones, one for each
// service. An alert is about one service for ever, so that a decision on its number is about what was read
// under that number. It knows how an alert's state changes; whether one is due is decided elsewhere.

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/model/alert.h"
#include "common/model/event.h"
#include "daemon/core/service_key.h"

namespace portwatch::core {

/// An alert as it is after a change, and the kind of event that tells of it.
struct AlertChange {
  model::EventKind kind = model::EventKind::kAlertRaised;
  model::Alert alert;
};

[[nodiscard]] model::Event to_event(AlertChange change, base::Moment now);

/// What speaks for an alert.
struct Concern {
  model::ListenerRef listener;
  std::vector<model::Reason> reasons;  ///< loudest first; not empty
  model::Severity severity = model::Severity::kInfo;
  model::Delivery delivery = model::Delivery::kNow;
  bool is_opening =
      true;  ///< its service was away and opened; false: it was listening already, something else showed
};

/// A flood must fill neither the memory nor the store, and nobody decides on more than this one by one.
inline constexpr std::size_t kMaxAlerts = 5'000;
/// Of one user and one severity: so nobody can crowd out the alerts of others, nor louder ones of their own.
inline constexpr std::size_t kMaxAlertsOfAUser = 500;
/// So many of a user and a severity have room also when there are kMaxAlerts.
inline constexpr std::size_t kReservedForAUser = 20;

class AlertBook {
 public:
  AlertBook(std::vector<model::Alert> alerts, base::AlertId last_id);

  [[nodiscard]] const model::Alert* find(base::AlertId id) const;
  [[nodiscard]] const model::Alert* find(const model::ServiceKey& service) const;
  [[nodiscard]] std::vector<model::Alert> all() const;
  [[nodiscard]] base::AlertId last_id() const { return last_id_; }
  /// How many are open, by severity; every severity has an entry.
  [[nodiscard]] std::map<model::Severity, std::uint64_t> open() const;

  /// A new alert, or what the concern does to the one that its service has: an open one counts up, an
  /// acknowledged one too but silently unless it got louder, a rejected one is open again. Nothing when the
  /// concern says nothing new, or when its user has too many: then it is only counted.
  [[nodiscard]] std::optional<AlertChange> raise(Concern concern, base::UtcTime now);

  /// How many concerns raised no alert because their user has too many.
  [[nodiscard]] std::uint64_t not_raised() const { return not_raised_; }

  /// Errors: kNotFound (no such alert waits), kConflict (it is already so). An approved alert leaves the
  /// book.
  /// `listener`: the alert's, as it is now; null: as it was.
  [[nodiscard]] base::Result<AlertChange> set_state(base::AlertId id, model::AlertState state,
                                                    const std::string& actor, model::ListenerRef listener);

  /// Undoes the set_state() that was the last change: the alert is as it was before.
  void put_back(model::Alert before);

  /// The open alerts whose delivery waited for the end of learning, now to be delivered.
  [[nodiscard]] std::vector<AlertChange> release();

 private:
  /// Of the user who made the socket. Users without a name are one: anybody who may make user namespaces has
  /// thousands of them.
  using Share = std::pair<std::string, model::Severity>;

  [[nodiscard]] static Share share_of(const model::Listener& listener, model::Severity severity);
  [[nodiscard]] bool has_room_for(const Concern& concern) const;
  void join(const model::Alert& alert);
  void leave(const model::Alert& alert);

  std::map<base::AlertId, model::Alert> alerts_;
  std::unordered_map<model::ServiceKey, base::AlertId, ServiceKeyHash> by_service_;
  base::AlertId last_id_;
  std::map<Share, std::size_t> shares_;  ///< how many alerts each has
  std::uint64_t not_raised_ = 0;
};

}  // namespace portwatch::core
