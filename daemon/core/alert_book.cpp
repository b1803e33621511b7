// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/alert_book.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/model/has_reason.h"
#include "daemon/core/exact_event.h"
#include "daemon/core/severity.h"

namespace portwatch::core {
namespace {

using model::Alert;
using model::AlertState;
using model::has_reason;

/// The newer reasons, and the older ones that they do not repeat; loudest first.
std::vector<model::Reason> merge(std::vector<model::Reason> newer, const std::vector<model::Reason>& older,
                                 model::Exposure exposure) {
  for (const model::Reason& reason : older)
    if (!has_reason(newer, reason.code)) newer.push_back(reason);
  sort_loudest_first(newer, exposure, model::Profile::kServer);
  return newer;
}

}  // namespace

model::Event to_event(AlertChange change, base::Moment now) {
  model::ListenerRef listener = change.alert.listener;
  return exact_event(change.kind, now, model::AlertDetail{std::move(change.alert)}, std::move(listener));
}

AlertBook::AlertBook(std::vector<Alert> alerts, base::AlertId last_id) : last_id_(last_id) {
  for (Alert& alert : alerts) {
    last_id_ = std::max(last_id_, alert.id);
    by_service_[alert.listener->service] = alert.id;
    join(alert);
    alerts_.insert_or_assign(alert.id, std::move(alert));
  }
}

AlertBook::Share AlertBook::share_of(const model::Listener& listener, model::Severity severity) {
  const std::string& user = listener.service.user;
  return {user.starts_with('#') ? "#" : user, severity};
}

bool AlertBook::has_room_for(const Concern& concern) const {
  const auto share = shares_.find(share_of(*concern.listener, concern.severity));
  const std::size_t count = share == shares_.end() ? 0 : share->second;
  return count < (alerts_.size() < kMaxAlerts ? kMaxAlertsOfAUser : kReservedForAUser);
}

void AlertBook::join(const Alert& alert) {
  ++shares_[share_of(*alert.listener, alert.severity)];
}

void AlertBook::leave(const Alert& alert) {
  const auto share = shares_.find(share_of(*alert.listener, alert.severity));
  if (share != shares_.end() && --share->second == 0) shares_.erase(share);
}

const Alert* AlertBook::find(base::AlertId id) const {
  const auto found = alerts_.find(id);
  return found == alerts_.end() ? nullptr : &found->second;
}

const Alert* AlertBook::find(const model::ServiceKey& service) const {
  const auto found = by_service_.find(service);
  return found == by_service_.end() ? nullptr : find(found->second);
}

std::map<model::Severity, std::uint64_t> AlertBook::open() const {
  std::map<model::Severity, std::uint64_t> counts;
  for (std::size_t i = 0; i < base::kEnumNames<model::Severity>.size(); ++i)
    counts[static_cast<model::Severity>(i)] = 0;
  for (const auto& [id, alert] : alerts_)
    if (alert.state == AlertState::kOpen) ++counts[alert.severity];
  return counts;
}

std::vector<Alert> AlertBook::all() const {
  std::vector<Alert> alerts;
  alerts.reserve(alerts_.size());
  for (const auto& [id, alert] : alerts_) alerts.push_back(alert);
  return alerts;
}

std::optional<AlertChange> AlertBook::raise(Concern concern, base::UtcTime now) {
  const auto known = by_service_.find(concern.listener->service);
  if (known == by_service_.end() && !has_room_for(concern)) {
    ++not_raised_;
    return std::nullopt;
  }
  if (known == by_service_.end()) {
    Alert alert;
    alert.id = base::AlertId{++last_id_.value};
    alert.severity = concern.severity;
    alert.delivery = concern.delivery;
    alert.reasons = std::move(concern.reasons);
    alert.opened_at = now;
    alert.last_seen_at = now;
    alert.listener = std::move(concern.listener);
    by_service_[alert.listener->service] = alert.id;
    join(alert);
    return AlertChange{model::EventKind::kAlertRaised,
                       alerts_.emplace(alert.id, std::move(alert)).first->second};
  }

  Alert& alert = alerts_.at(known->second);
  const bool is_louder = concern.severity > alert.severity;
  const bool says_more = std::ranges::any_of(concern.reasons, [&](const model::Reason& reason) {
    return reason.code != model::ReasonCode::kComparison && !has_reason(alert.reasons, reason.code);
  });
  if (!concern.is_opening && !is_louder && !says_more) return std::nullopt;

  const bool stays_silent = alert.state == AlertState::kAcknowledged && !is_louder;
  if (concern.is_opening) ++alert.count;
  alert.last_seen_at = now;
  alert.reasons = merge(std::move(concern.reasons), alert.reasons, concern.listener->exposure);
  alert.listener = std::move(concern.listener);
  if (stays_silent) return AlertChange{model::EventKind::kAlertChanged, alert};
  if (alert.state != AlertState::kOpen) {
    alert.delivery = concern.delivery;
    alert.changed_by.clear();
  }
  alert.state = AlertState::kOpen;
  leave(alert);
  alert.severity = std::max(alert.severity, concern.severity);
  join(alert);
  alert.delivery = std::min(alert.delivery, concern.delivery);
  return AlertChange{model::EventKind::kAlertRaised, alert};
}

base::Result<AlertChange> AlertBook::set_state(base::AlertId id, AlertState state, const std::string& actor,
                                               model::ListenerRef listener) {
  const auto found = alerts_.find(id);
  if (found == alerts_.end())
    return base::fail(
        base::ErrorCode::kNotFound,
        fmt::format("no alert {} waits for a decision: it is approved already, or there is none", id.value));
  Alert& alert = found->second;
  const bool is_so = alert.state == state;
  const bool would_forget_rejection =
      state == AlertState::kAcknowledged && alert.state == AlertState::kRejected;
  if (is_so || would_forget_rejection)
    return base::fail(base::ErrorCode::kConflict,
                      fmt::format("alert {} is already {}", id.value, base::name_of(alert.state)));
  alert.state = state;
  alert.changed_by = actor;
  if (state == AlertState::kApproved) by_service_.erase(alert.listener->service);
  if (listener) alert.listener = std::move(listener);
  AlertChange change{model::EventKind::kAlertChanged, alert};
  if (state == AlertState::kApproved) {
    leave(alert);
    alerts_.erase(found);
  }
  return change;
}

void AlertBook::put_back(Alert before) {
  by_service_[before.listener->service] = before.id;
  const base::AlertId id = before.id;
  if (const auto found = alerts_.find(id); found != alerts_.end()) leave(found->second);
  join(before);
  alerts_.insert_or_assign(id, std::move(before));
}

std::vector<AlertChange> AlertBook::release() {
  std::vector<AlertChange> released;
  for (auto& [id, alert] : alerts_) {
    if (alert.delivery != model::Delivery::kAfterLearning) continue;
    alert.delivery = model::Delivery::kNow;
    if (alert.state == AlertState::kOpen) released.push_back({model::EventKind::kAlertChanged, alert});
  }
  return released;
}

}  // namespace portwatch::core
