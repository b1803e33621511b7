// SPDX-License-Identifier: Apache-2.0
#pragma once

// Questions about what is stored, and pages of answers. A page is continued by asking again with its `next`.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/model/alert.h"
#include "common/model/event.h"
#include "common/model/listener.h"
#include "common/net/port_query.h"

namespace portwatch::model {

inline constexpr std::size_t kMaxPage = 1000;
/// About how large a page becomes as JSON; a single value may be larger.
inline constexpr std::size_t kPageBytes = 256U << 10U;

/// All conditions must hold; an empty one is no condition.
struct EventQuery {
  std::optional<net::PortQuery> port;
  std::optional<base::UtcTime> since;  ///< inclusive, by EventTime::at
  std::optional<base::UtcTime> until;  ///< exclusive
  std::vector<EventKind> kinds;
  std::string program;  ///< a part of the program's label, case-sensitive
  std::string user;
  std::string unit;
  std::optional<base::Seq> after;  ///< events behind this one in the direction of reading
  bool newest_first = false;
  std::size_t limit = kMaxPage;  ///< 1 to kMaxPage
  std::size_t max_bytes = kPageBytes;

  bool operator==(const EventQuery&) const = default;
};

struct EventPage {
  std::vector<Event> events;
  std::optional<base::Seq> next;  ///< `after` of the next page; unset: nothing is left now
};

struct AlertQuery {
  std::vector<AlertState> states;  ///< empty: all
  std::optional<base::AlertId> id;
  std::optional<base::AlertId> after;  ///< in the direction of reading: newest first
  std::size_t limit = kMaxPage;
  std::size_t max_bytes = kPageBytes;

  bool operator==(const AlertQuery&) const = default;
};

struct AlertPage {
  std::vector<Alert> alerts;  ///< newest first
  std::optional<base::AlertId> next;
};

/// A place among the listeners of the past: they are sorted by port, then by the order in which they opened.
struct PastPlace {
  base::Port port;
  std::int64_t number = 0;  ///< of the listener, by the store

  /// "62893.17"
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<PastPlace> parse(std::string_view text);

  auto operator<=>(const PastPlace&) const = default;
};

/// Who was listening at a time in the past, by stored history.
struct PastQuery {
  base::UtcTime at;
  std::optional<net::PortQuery> port;
  std::optional<PastPlace> after;
  std::size_t limit = kMaxPage;
  std::size_t max_bytes = kPageBytes;

  bool operator==(const PastQuery&) const = default;
};

struct PastPage {
  std::vector<ListenerRef> listeners;
  std::optional<PastPlace> next;
};

}  // namespace portwatch::model
