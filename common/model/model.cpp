// SPDX-License-Identifier: Apache-2.0

// The few functions of the model: names of keys, and comparing values that share what they point to.

#include <algorithm>
#include <limits>
#include <tuple>
#include <variant>

#include <fmt/format.h>

#include "common/base/text.h"
#include "common/model/event.h"
#include "common/model/listener.h"
#include "common/model/observation.h"
#include "common/model/query.h"

namespace portwatch::model {
namespace {

/// Two references are the same when both are null or what they point to is equal.
template <class T>
bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a && b && *a == *b);
}

bool same(const std::vector<ProcessRef>& a, const std::vector<ProcessRef>& b) {
  return std::ranges::equal(a, b, [](const ProcessRef& x, const ProcessRef& y) { return same(x, y); });
}

/// When it happened, or was over.
struct Time {
  base::BootTime operator()(const auto& observation) const { return observation.at; }
  base::BootTime operator()(const ObservationsLost& lost) const { return lost.to; }
};

}  // namespace

base::BootTime time_of(const Observation& observation) {
  return std::visit(Time{}, observation);
}

std::string ListenerKey::to_string() const {
  return fmt::format("{}-{}-{}{:x}-{}", boot_id.substr(0, 8), netns.value,
                     socket.kind == SocketId::Kind::kCookie ? 'c' : 'i', socket.value, generation);
}

std::string PastPlace::to_string() const {
  return fmt::format("{}.{}", port.value, number);
}

std::optional<PastPlace> PastPlace::parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto port = base::parse_u64(text.substr(0, dot));
  const auto number = base::parse_u64(text.substr(dot + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max() || !number ||
      *number > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return std::nullopt;
  return PastPlace{.port = {static_cast<std::uint16_t>(*port)}, .number = static_cast<std::int64_t>(*number)};
}

bool Listener::operator==(const Listener& other) const {
  const auto values = [](const Listener& listener) {
    return std::tie(listener.key, listener.socket, listener.exposure, listener.attribution, listener.program,
                    listener.service, listener.listener_class, listener.verdict, listener.opened,
                    listener.closed, listener.ending, listener.unwatched_since, listener.owners_left_out,
                    listener.redacted);
  };
  return values(*this) == values(other) && same(owners, other.owners);
}

bool Alert::operator==(const Alert& other) const {
  const auto values = [](const Alert& alert) {
    return std::tie(alert.id, alert.state, alert.severity, alert.delivery, alert.reasons, alert.count,
                    alert.opened_at, alert.last_seen_at, alert.changed_by);
  };
  return values(*this) == values(other) && same(listener, other.listener);
}

bool OwnerChangedDetail::operator==(const OwnerChangedDetail& other) const {
  return same(added, other.added) && same(removed, other.removed) && added_left_out == other.added_left_out &&
         removed_left_out == other.removed_left_out;
}

bool operator==(const Event& a, const Event& b) {
  return a.seq == b.seq && a.time == b.time && a.kind == b.kind && same(a.listener, b.listener) &&
         a.detail == b.detail;
}

bool is_well_formed(const Event& event) {
  if (std::holds_alternative<std::monostate>(event.detail)) return true;
  switch (event.kind) {
    case EventKind::kStarted: return std::holds_alternative<StartedDetail>(event.detail);
    case EventKind::kGap: return std::holds_alternative<GapDetail>(event.detail);
    case EventKind::kSuspended: return std::holds_alternative<SuspendedDetail>(event.detail);
    case EventKind::kCoverageChanged: return std::holds_alternative<CoverageDetail>(event.detail);
    case EventKind::kOpened: return std::holds_alternative<OpenedDetail>(event.detail);
    case EventKind::kOwnerChanged: return std::holds_alternative<OwnerChangedDetail>(event.detail);
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: {
      const auto* detail = std::get_if<AlertDetail>(&event.detail);
      return detail != nullptr && detail->alert.listener != nullptr;
    }
    case EventKind::kPolicyChanged: return std::holds_alternative<PolicyDetail>(event.detail);
    case EventKind::kBindConflict: return std::holds_alternative<ConflictDetail>(event.detail);
    case EventKind::kStopped:
    case EventKind::kClosed: break;
  }
  return false;
}

}  // namespace portwatch::model
