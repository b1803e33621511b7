// SPDX-License-Identifier: Apache-2.0
#pragma once

// What these tests ask of JSON answers, in few words.

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"

namespace portwatch::test {

using Json = nlohmann::json;

inline std::multiset<int> pids_of(const Json& listener) {
  std::multiset<int> pids;
  for (const Json& owner : listener.at("owners")) pids.insert(owner.at("pid").get<int>());
  return pids;
}

/// Of the events on a port, without those about alerts.
inline std::vector<std::string> kinds_on(const DaemonHarness& daemon, std::uint16_t port) {
  std::vector<std::string> kinds;
  for (const Json& event : daemon.events_on(port))
    if (!event.at("kind").get<std::string>().starts_with("alert")) kinds.push_back(event.at("kind"));
  return kinds;
}

/// Waits until the one listener on the port fits; gives the last answer, null when there was none.
template <class Predicate>
Json listener_when(const DaemonHarness& daemon, std::uint16_t port, Predicate fits) {
  Json last;
  static_cast<void>(wait_until([&] {
    const Json found = daemon.listeners_on(port);
    last = found.size() == 1 ? found.at(0) : Json();
    return !last.is_null() && fits(last);
  }));
  return last;
}

inline Json only_listener(const DaemonHarness& daemon, std::uint16_t port) {
  return listener_when(daemon, port, [](const Json&) { return true; });
}

inline Json listener_of(const DaemonHarness& daemon, std::uint16_t port, const std::multiset<int>& pids) {
  return listener_when(daemon, port, [&](const Json& found) { return pids_of(found) == pids; });
}

}  // namespace portwatch::test
