// SPDX-License-Identifier: Apache-2.0
#pragma once

// Questions about what is stored, and pages of answers. A page is continued by asking again with its `next`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/model/alert.h"
#include "common/model/event.h"
#include "common/model/listener.h"
#include "common/net/port_query.h"

namespace portwatch::model {

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
  std::size_t limit = 1000;  ///< 1 to kMaxPage

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
  std::size_t limit = 1000;

  bool operator==(const AlertQuery&) const = default;
};

struct AlertPage {
  std::vector<Alert> alerts;  ///< newest first
  std::optional<base::AlertId> next;
};

/// Who was listening at a time in the past, by stored history.
struct PastQuery {
  base::UtcTime at;
  std::optional<net::PortQuery> port;
  std::size_t limit = 1000;

  bool operator==(const PastQuery&) const = default;
};

inline constexpr std::size_t kMaxPage = 1000;

}  // namespace portwatch::model
