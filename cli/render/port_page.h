// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `show PORT` says: everything about one port, now or at a time in the past.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/render/fold.h"
#include "cli/render/page.h"
#include "cli/render/view.h"
#include "common/model/alert.h"
#include "common/model/event.h"
#include "common/net/port_query.h"

namespace portwatch::cli {

/// How often one program held the port.
struct PastHolder {
  std::string program;
  std::uint64_t times = 0;
};

/// How often it ended in one way: "killed by SIGSEGV".
struct PastEnding {
  std::string how;
  std::uint64_t times = 0;
};

struct PortPast {
  std::vector<PastHolder> holders;          ///< most often first
  std::vector<PastEnding> endings;          ///< as far as they are known, most often first
  std::optional<model::Event> last_closed;  ///< who held it last
  bool is_complete = true;                  ///< false: there is more than was asked for
};

struct PortPicture {
  net::PortQuery query;
  std::optional<base::UtcTime> at;       ///< unset: now
  std::vector<ListenerGroup> groups;     ///< empty: nobody listens there
  std::vector<model::Alert> alerts;      ///< those that wait and are about these listeners
  bool may_decide = true;                ///< whether the person may approve them
  PortPast past;                         ///< of the days before
  std::vector<model::Event> refusals;    ///< of the last day, newest first
  std::vector<std::string> blind_spots;  ///< what makes this answer less than certain
};

/// How many days back `past` looks.
inline constexpr int kPastDays = 30;
/// How far back `refusals` looks.
inline constexpr std::chrono::hours kRefusalHours{24};

[[nodiscard]] std::string render_port_page(const View& view, const PortPicture& picture);

/// Counts who opened the port. `events`: opened and closed ones, newest first.
[[nodiscard]] PortPast summarise_past(const std::vector<model::Event>& events, bool is_complete);

/// The fields who, runs, why, where and since of a listener: a part of the page, also of that of an alert.
void add_listener_fields(Page& page, const View& view, const ListenerGroup& group);

}  // namespace portwatch::cli
