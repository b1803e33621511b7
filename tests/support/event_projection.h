// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the events say, put together again, as a store does it: who listens, what belongs here, which alerts
// wait. It stops a test at once when the log contradicts itself: a listener that opens twice, or closes
// without being open.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/model/event.h"
#include "common/model/sight.h"
#include "daemon/core/engine.h"

namespace portwatch::test {

class EventProjection {
 public:
  void apply(const std::vector<model::Event>& events) {
    for (const model::Event& event : events) apply(event);
  }

  void apply(const model::Event& event) {
    last_alive = std::max(last_alive.value_or(event.time.at), event.time.at);
    switch (event.kind) {
      case model::EventKind::kOpened: {
        EXPECT_TRUE(keys_ever_.emplace(event.listener->key, true).second)
            << event.listener->key.to_string() << " opened twice";
        listeners[event.listener->key] = event.listener;
        if (const auto& replaced = std::get<model::OpenedDetail>(event.detail).replaces)
          std::erase_if(recently_closed, [&](const auto& closed) { return closed->key == *replaced; });
        last_generation = std::max(last_generation, event.listener->key.generation);
        break;
      }
      case model::EventKind::kClosed:
        EXPECT_EQ(listeners.erase(event.listener->key), 1U)
            << event.listener->key.to_string() << " closed, but was not open";
        EXPECT_TRUE(event.listener->closed.has_value());
        recently_closed.push_back(event.listener);
        break;
      case model::EventKind::kOwnerChanged:
        EXPECT_TRUE(listeners.contains(event.listener->key))
            << event.listener->key.to_string() << " changed owners, but was not open";
        listeners[event.listener->key] = event.listener;
        break;
      case model::EventKind::kAlertRaised:
      case model::EventKind::kAlertChanged: {
        const model::Alert& alert = std::get<model::AlertDetail>(event.detail).alert;
        last_alert_id = std::max(last_alert_id, alert.id);
        if (alert.state == model::AlertState::kApproved)
          alerts.erase(alert.id);
        else
          alerts[alert.id] = alert;
        break;
      }
      case model::EventKind::kPolicyChanged: {
        const auto& detail = std::get<model::PolicyDetail>(event.detail);
        for (const model::BaselineEntry& entry : detail.added) learn(entry);
        if (detail.learning_until) learning_until = detail.learning_until;
        break;
      }
      case model::EventKind::kBindConflict:
        EXPECT_TRUE(event.listener->closed.has_value());
        EXPECT_TRUE(keys_ever_.emplace(event.listener->key, true).second)
            << event.listener->key.to_string() << " is the key of another one";
        last_generation = std::max(last_generation, event.listener->key.generation);
        break;
      case model::EventKind::kStarted:
      case model::EventKind::kStopped:
      case model::EventKind::kGap:
      case model::EventKind::kSuspended: break;
      case model::EventKind::kCoverageChanged:
        for (auto& [key, listener] : listeners) {
          auto known = std::make_shared<model::Listener>(*listener);
          known->unwatched_since = model::unwatched_since(
              std::get<model::CoverageDetail>(event.detail).coverage, model::table_of(known->socket),
              known->opened.at, listener->unwatched_since, event.time.earliest.value_or(event.time.at));
          listener = std::move(known);
        }
        break;
    }
  }

  [[nodiscard]] core::Memory memory(const std::string& boot_id) const {
    core::Memory memory;
    for (const auto& [key, listener] : listeners) memory.open_listeners.push_back(listener);
    memory.recently_closed = recently_closed;
    for (const auto& [service, entry] : baseline) memory.baseline.push_back(entry);
    for (const auto& [id, alert] : alerts) memory.alerts.push_back(alert);
    memory.last_alert_id = last_alert_id;
    memory.last_generation = last_generation;
    memory.last_alive = last_alive;
    memory.last_boot_id = boot_id;
    memory.learning_until = learning_until;
    return memory;
  }

  std::map<model::ListenerKey, model::ListenerRef> listeners;
  std::vector<model::ListenerRef> recently_closed;  ///< and not replaced since
  std::map<model::ServiceKey, model::BaselineEntry> baseline;
  std::map<base::AlertId, model::Alert> alerts;
  base::AlertId last_alert_id;
  std::int64_t last_generation = 0;
  std::optional<base::UtcTime> last_alive;
  std::optional<base::UtcTime> learning_until;

 private:
  void learn(const model::BaselineEntry& entry) {
    baseline.insert_or_assign(entry.service, entry);
    for (auto& [key, listener] : listeners) {
      if (listener->service != entry.service) continue;
      auto known = std::make_shared<model::Listener>(*listener);
      known->verdict = model::Verdict::kKnown;
      listener = std::move(known);
    }
  }

  std::map<model::ListenerKey, bool> keys_ever_;
};

}  // namespace portwatch::test
