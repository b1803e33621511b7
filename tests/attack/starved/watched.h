// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the attacks on a starved portwatchd ask again and again.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/daemon_harness.h"

namespace portwatch::test {

/// What `status` says is wrong with the store; empty: nothing.
inline std::string store_problem(const DaemonHarness& daemon) {
  const nlohmann::json status = daemon.client()->call("status");
  const nlohmann::json& problem = status.at("store").at("problem");
  return problem.is_null() ? "" : problem.get<std::string>();
}

[[nodiscard]] inline bool gets_a_problem(const DaemonHarness& daemon) {
  return wait_until([&] { return !store_problem(daemon).empty(); });
}

[[nodiscard]] inline bool recovers(const DaemonHarness& daemon) {
  return wait_until([&] {
    const nlohmann::json store = daemon.client()->call("status").at("store");
    return store.at("problem").is_null() && store.at("pending_events") == 0;
  });
}

/// All events; a failure when a seq is missing.
inline nlohmann::json whole_log(const DaemonHarness& daemon) {
  nlohmann::json events = nlohmann::json::array();
  const auto client = daemon.client();
  nlohmann::json params = nlohmann::json::object();
  while (true) {
    const nlohmann::json page = client->call("events.list", params);
    EXPECT_TRUE(page.is_object());
    if (!page.is_object()) return events;
    for (const nlohmann::json& event : page.at("events")) events.push_back(event);
    if (page.at("next").is_null()) break;
    params["after"] = page.at("next");
  }
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events.at(i).at("seq"), i + 1);
  return events;
}

/// Stored events of a kind on a port.
inline std::size_t stored(const DaemonHarness& daemon, std::string_view kind, std::uint16_t port) {
  std::size_t count = 0;
  for (const nlohmann::json& event : daemon.events_on(port)) count += event.at("kind") == kind ? 1U : 0U;
  return count;
}

inline std::size_t count_of(const nlohmann::json& events, std::string_view kind) {
  std::size_t count = 0;
  for (const nlohmann::json& event : events) count += event.at("kind") == kind ? 1U : 0U;
  return count;
}

}  // namespace portwatch::test
