// SPDX-License-Identifier: Apache-2.0
#pragma once

// Model values with everything filled in the way an ordinary machine would, for tests to change what they are
// about:
//
//   auto listener = make_listener("0.0.0.0:5432/tcp");
//   listener.verdict = model::Verdict::kKnown;

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/event.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::test {

inline constexpr std::string_view kBootId = "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11";
inline constexpr base::Netns kNetns{4026531840};

/// The machine of these tests booted at this time.
inline constexpr base::UtcTime kBooted =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{8};

/// A time `since_boot` after the boot, in the boot clock, in UTC, and in both.
[[nodiscard]] constexpr base::BootTime boot_at(base::Micros since_boot) {
  return base::BootTime{since_boot};
}
[[nodiscard]] constexpr base::UtcTime utc_at(base::Micros since_boot) {
  return kBooted + since_boot;
}
[[nodiscard]] constexpr base::Moment moment_at(base::Micros since_boot) {
  return {.boot = boot_at(since_boot), .utc = utc_at(since_boot)};
}

template <class T>
[[nodiscard]] std::shared_ptr<const T> share(T value) {
  return std::make_shared<const T>(std::move(value));
}

/// "127.0.0.1:8080/tcp", "[::1]:53/udp". Aborts on anything else.
[[nodiscard]] net::Endpoint make_endpoint(std::string_view text);

/// /usr/bin/python3.11 -m http.server of ana (uid 1000), started a minute after boot by a shell of hers.
[[nodiscard]] model::Process make_process(std::int32_t pid = 4711);
/// The same with another executable and command line; the name is the executable's.
[[nodiscard]] model::Process make_process(std::int32_t pid, std::string exe, std::vector<std::string> argv);

/// A socket of ana's with cookie and inode; two calls with the same endpoint and cookie give equal sockets.
[[nodiscard]] model::SocketRecord make_socket(std::string_view endpoint = "127.0.0.1:8080/tcp",
                                              std::uint64_t cookie = 1);

/// Listed, held by `owners`: exact for one, shared for several, kernel for none.
[[nodiscard]] model::Sighting make_sighting(model::SocketRecord socket,
                                            std::vector<model::ProcessRef> owners);

/// Loopback, one LAN interface, the usual dynamic ports.
[[nodiscard]] model::HostFacts make_host();

/// TCP and UDP, v4 and v6, of the one namespace; no holes.
[[nodiscard]] model::Coverage make_coverage();

/// Started `since_boot` after the boot, and took 5 ms.
[[nodiscard]] model::Snapshot make_snapshot(base::Micros since_boot, std::vector<model::Sighting> sightings);

/// Open since two minutes after boot, to within a second; its identity, service key and exposure fit its
/// owner and endpoint; unknown.
[[nodiscard]] model::Listener make_listener(std::string_view endpoint = "127.0.0.1:8080/tcp",
                                            std::int64_t generation = 1);

/// Open, medium, for an unknown listener.
[[nodiscard]] model::Alert make_alert(std::int64_t id = 1, model::Listener listener = make_listener());

[[nodiscard]] model::BaselineEntry make_baseline_entry(const model::Listener& listener = make_listener());

/// An event of any kind with the listener and detail that belong to the kind, at two minutes after boot.
[[nodiscard]] model::Event make_event(model::EventKind kind, std::int64_t seq = 1,
                                      model::Listener listener = make_listener());

/// A daemon that watches with sock_diag, with an entry for each exposure and severity.
[[nodiscard]] model::Status make_status();

}  // namespace portwatch::test
