// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/retell.h"

#include <algorithm>
#include <set>

#include "daemon/core/exact_event.h"

namespace portwatch::core {
namespace {

using model::EventKind;

/// An alert may be about a listener as it was when it was raised. If it is gone by now, that is all we know
/// of its end.
model::Alert with_end(model::Alert alert, const std::set<model::ListenerKey>& open, base::Moment now) {
  if (open.contains(alert.listener->key) || alert.listener->closed) return alert;
  auto closed = std::make_shared<model::Listener>(*alert.listener);
  closed->closed = {.at = std::max(now.utc, closed->opened.at),
                    .earliest = closed->opened.at,
                    .boot = now.boot,
                    .precision = model::Precision::kGap};
  closed->unwatched_since.reset();
  alert.listener = std::move(closed);
  return alert;
}

}  // namespace

std::vector<model::Event> retell(const Memory& memory, base::Moment now) {
  std::vector<model::Event> events;
  if (memory.learning_until || !memory.baseline.empty())
    events.push_back(exact_event(EventKind::kPolicyChanged, now,
                                 model::PolicyDetail{memory.baseline, memory.learning_until}));
  for (const model::ListenerRef& listener : memory.open_listeners)
    events.push_back({.seq = {},
                      .time = listener->opened,
                      .kind = EventKind::kOpened,
                      .listener = listener,
                      .detail = model::OpenedDetail{}});
  std::set<model::ListenerKey> open;
  for (const model::ListenerRef& listener : memory.open_listeners) open.insert(listener->key);
  for (const model::Alert& alert : memory.alerts) {
    const bool is_open = alert.state == model::AlertState::kOpen;
    model::Alert told = with_end(alert, open, now);
    model::ListenerRef listener = told.listener;
    events.push_back(exact_event(is_open ? EventKind::kAlertRaised : EventKind::kAlertChanged, now,
                                 model::AlertDetail{std::move(told)}, std::move(listener)));
  }
  return events;
}

}  // namespace portwatch::core
