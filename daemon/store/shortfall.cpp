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
  // A look tells of its alerts behind what closed in it.
  for (const Event& event : lost)
    if (const auto* detail = std::get_if<model::AlertDetail>(&event.detail)) note_listener(detail->alert);
  for (const Event& event : lost) keep(event);
}

void Shortfall::note_listener(const model::Alert& alert) {
  const model::ListenerKey& key = alert.listener->key;
  const auto [place, is_new] = listener_of_.try_emplace(alert.id, key);
  if (!is_new && place->second == key) return;
  named_.insert(key);
  if (is_new) return;
  const model::ListenerKey former = std::exchange(place->second, key);
  named_.erase(named_.find(former));
  if (!named_.contains(former) && passed_.erase(former) > 0) drop(former);
}

void Shortfall::drop(const model::ListenerKey& key) {
  const auto known = of_listener_.find(key);
  kept_.erase(known->second);
  of_listener_.erase(known);
}

void Shortfall::keep(const Event& event) {
  const auto put = [&](auto& index, const auto& key) {
    const auto [place, is_new] = index.try_emplace(key, next_place_);
    if (!is_new) kept_.erase(std::exchange(place->second, next_place_));
    kept_.emplace(next_place_++, event);
  };
  const auto opened_here = [&]() -> Event* {
    const auto known = of_listener_.find(event.listener->key);
    if (known == of_listener_.end()) return nullptr;
    Event& kept = kept_.at(known->second);
    return kept.kind == EventKind::kOpened ? &kept : nullptr;
  };
  switch (event.kind) {
    case EventKind::kOpened: return put(of_listener_, event.listener->key);
    case EventKind::kClosed:
      if (opened_here() == nullptr) return put(of_listener_, event.listener->key);
      if (!named_.contains(event.listener->key)) return drop(event.listener->key);
      passed_.insert(event.listener->key);
      return put(of_listener_, event.listener->key);
    case EventKind::kOwnerChanged:
      if (Event* const opened = opened_here())
        opened->listener = event.listener;
      else
        put(of_listener_, event.listener->key);
      return;
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: return put(of_alert_, std::get<model::AlertDetail>(event.detail).alert.id);
    case EventKind::kPolicyChanged: {
      const auto& policy = std::get<model::PolicyDetail>(event.detail);
      for (const model::BaselineEntry& entry : policy.added) learned_.insert_or_assign(entry.service, entry);
      if (policy.learning_until) learning_until_ = policy.learning_until;
      return put(of_kind_, event.kind);
    }
    case EventKind::kCoverageChanged: return put(of_kind_, event.kind);
    case EventKind::kStarted:
    case EventKind::kStopped:
    case EventKind::kGap:
    case EventKind::kSuspended:
    case EventKind::kBindConflict: return;
  }
}

std::vector<Event> Shortfall::take() {
  if (const auto policy = of_kind_.find(EventKind::kPolicyChanged); policy != of_kind_.end()) {
    model::PolicyDetail all{.added = {}, .learning_until = learning_until_};
    for (auto& [service, entry] : learned_) all.added.push_back(std::move(entry));
    kept_.at(policy->second).detail = std::move(all);
  }
  std::vector<Event> events{gap_over(ends_, "the store could not write, and too many events waited")};
  for (auto& [place, event] : kept_) events.push_back(std::move(event));
  *this = Shortfall();
  return events;
}

}  // namespace portwatch::store
