// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events as a daemon writes them one after another, for tests of what stores and reads them: times are whole
// seconds, and each event leaves the listener as it is after it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/event.h"
#include "tests/support/builders.h"

namespace portwatch::test {

/// An hour and so many seconds after the boot, in UTC.
[[nodiscard]] constexpr base::UtcTime at(std::int64_t seconds) {
  return utc_at(std::chrono::hours{1} + std::chrono::seconds{seconds});
}

[[nodiscard]] inline model::EventTime exactly_at(std::int64_t seconds) {
  return {.at = at(seconds),
          .earliest = std::nullopt,
          .boot = boot_at(std::chrono::hours{1} + std::chrono::seconds{seconds})};
}

/// Seen by a look that came a second after the one before.
[[nodiscard]] inline model::EventTime polled_at(std::int64_t seconds) {
  return {.at = at(seconds),
          .earliest = at(seconds - 1),
          .boot = boot_at(std::chrono::hours{1} + std::chrono::seconds{seconds}),
          .precision = model::Precision::kPoll};
}

/// Another process than that of make_listener(), unless it is called by the same pid and name.
[[nodiscard]] inline model::ProcessRef sample_owner(std::int32_t pid, std::string_view name = "python3.11") {
  return share(make_process(pid, "/usr/bin/" + std::string(name), {std::string(name)}));
}

/// On 127.0.0.1, held by python3.11 with pid 4711, opened at at(generation). Each generation is another
/// socket.
[[nodiscard]] inline model::Listener sample_listener(std::uint16_t port, std::int64_t generation) {
  model::Listener listener = make_listener("127.0.0.1:" + std::to_string(port) + "/tcp", generation);
  listener.key.socket.value += static_cast<std::uint64_t>(generation);
  listener.socket.id = listener.key.socket;
  listener.opened = polled_at(generation);
  return listener;
}

[[nodiscard]] inline model::Event opened_event(const model::Listener& listener) {
  return {.time = listener.opened,
          .kind = model::EventKind::kOpened,
          .listener = share(listener),
          .detail = model::OpenedDetail{}};
}

/// Also ends the listener.
[[nodiscard]] inline model::Event closed_event(model::Listener& listener, std::int64_t seconds) {
  listener.closed = polled_at(seconds);
  return {
      .time = *listener.closed, .kind = model::EventKind::kClosed, .listener = share(listener), .detail = {}};
}

/// Also gives the listener its new owners, sorted.
[[nodiscard]] inline model::Event owner_changed_event(model::Listener& listener,
                                                      std::vector<model::ProcessRef> owners,
                                                      std::int64_t seconds) {
  const auto by_key = [](const model::ProcessRef& process) { return process->key; };
  std::ranges::sort(owners, {}, by_key);
  const auto missing_in = [](const std::vector<model::ProcessRef>& list,
                             const std::vector<model::ProcessRef>& from) {
    std::vector<model::ProcessRef> missing;
    for (const model::ProcessRef& process : from)
      if (std::ranges::none_of(list, [&](const model::ProcessRef& other) { return *other == *process; }))
        missing.push_back(process);
    return missing;
  };
  model::OwnerChangedDetail detail{.added = missing_in(listener.owners, owners),
                                   .removed = missing_in(owners, listener.owners)};
  listener.owners = std::move(owners);
  listener.attribution =
      listener.owners.size() > 1 ? model::Attribution::kShared : model::Attribution::kExact;
  return {.time = polled_at(seconds),
          .kind = model::EventKind::kOwnerChanged,
          .listener = share(listener),
          .detail = std::move(detail)};
}

[[nodiscard]] inline model::Event alert_event(model::EventKind kind, const model::Alert& alert,
                                              std::int64_t seconds) {
  return {.time = exactly_at(seconds),
          .kind = kind,
          .listener = alert.listener,
          .detail = model::AlertDetail{.alert = alert}};
}

[[nodiscard]] inline model::Event policy_event(std::vector<model::BaselineEntry> added,
                                               std::int64_t seconds) {
  return {.time = exactly_at(seconds),
          .kind = model::EventKind::kPolicyChanged,
          .listener = nullptr,
          .detail = model::PolicyDetail{.added = std::move(added), .learning_until = std::nullopt}};
}

}  // namespace portwatch::test
