// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/shortfall.h"

#include <algorithm>
#include <utility>

namespace portwatch::store {
namespace {

using model::Event;
using model::EventKind;

base::UtcTime time_of(const Event& event) {
  return event.time.at;
}

}  // namespace

Event gap_over(const std::vector<Event>& lost, std::string reason) {
  const auto [first, last] = std::ranges::minmax_element(lost, {}, time_of);
  Event gap;
  gap.time = {.at = last->time.at, .earliest = std::nullopt, .boot = last->time.boot};
  gap.kind = EventKind::kGap;
  gap.detail = model::GapDetail{.from = first->time.at, .to = last->time.at, .reason = std::move(reason)};
  return gap;
}

void Shortfall::add(const std::vector<Event>& lost) {
  if (lost.empty()) return;
  std::vector<Event> seen = std::exchange(ends_, {});
  seen.insert(seen.end(), lost.begin(), lost.end());
  const auto [first, last] = std::ranges::minmax_element(seen, {}, time_of);
  ends_ = {*first, *last};
  events_ += lost.size();
  for (const Event& event : lost) keep(event);
}

void Shortfall::keep(const Event& event) {
  const auto put = [&](auto& index, const auto& key) {
    const auto [place, is_new] = index.try_emplace(key, order_);
    if (!is_new) kept_.erase(std::exchange(place->second, order_));
    kept_.emplace(order_++, event);
  };
  switch (event.kind) {
    case EventKind::kOpened: return put(of_listener_, event.listener->key);
    case EventKind::kClosed: {
      const auto known = of_listener_.find(event.listener->key);
      const bool opened_here =
          known != of_listener_.end() && kept_.at(known->second).kind == EventKind::kOpened;
      if (!opened_here) return put(of_listener_, event.listener->key);
      kept_.erase(known->second);
      of_listener_.erase(known);
      return;
    }
    case EventKind::kOwnerChanged: {
      const auto known = of_listener_.find(event.listener->key);
      if (known == of_listener_.end()) return put(of_listener_, event.listener->key);
      Event& kept = kept_.at(known->second);
      if (kept.kind != EventKind::kOpened) return put(of_listener_, event.listener->key);
      kept.listener = event.listener;
      return;
    }
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: return put(of_alert_, std::get<model::AlertDetail>(event.detail).alert.id);
    case EventKind::kPolicyChanged:
    case EventKind::kCoverageChanged: kept_.emplace(order_++, event); return;
    case EventKind::kStarted:
    case EventKind::kStopped:
    case EventKind::kGap:
    case EventKind::kSuspended: return;
  }
}

std::vector<Event> Shortfall::take() {
  std::vector<Event> events{gap_over(ends_, "the store could not write, and too many events waited")};
  for (auto& [order, event] : kept_) events.push_back(std::move(event));
  *this = Shortfall();
  return events;
}

}  // namespace portwatch::store
