// SPDX-License-Identifier: Apache-2.0

// The few functions of the model: names of keys, and comparing values that share what they point to.

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "common/model/event.h"
#include "common/model/listener.h"

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

}  // namespace

std::string ListenerKey::to_string() const {
  return fmt::format("{}-{}-{}{:x}-{}", boot_id.substr(0, 8), netns.value,
                     socket.kind == SocketId::Kind::kCookie ? 'c' : 'i', socket.value, generation);
}

bool Listener::operator==(const Listener& other) const {
  const auto values = [](const Listener& listener) {
    return std::tie(listener.key, listener.socket, listener.exposure, listener.attribution, listener.program,
                    listener.service, listener.listener_class, listener.verdict, listener.opened,
                    listener.closed, listener.redacted);
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
  return same(added, other.added) && same(removed, other.removed);
}

bool operator==(const Event& a, const Event& b) {
  return a.seq == b.seq && a.time == b.time && a.kind == b.kind && same(a.listener, b.listener) &&
         a.detail == b.detail;
}

}  // namespace portwatch::model
