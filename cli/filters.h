// SPDX-License-Identifier: Apache-2.0
#pragma once

// Options that choose listeners or events, shared by the commands that take them.

#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/time_zone.h"
#include "common/base/error.h"
#include "common/model/listener.h"
#include "common/model/query.h"
#include "common/protocol/cursor.h"

namespace portwatch::cli {

/// --program, --user, --unit
[[nodiscard]] const std::vector<OptionSpec>& who_options();
/// --kind and --port, for events
[[nodiscard]] const std::vector<OptionSpec>& event_options();
/// `more` behind `options`.
[[nodiscard]] std::vector<OptionSpec> joined(std::vector<OptionSpec> options,
                                             const std::vector<OptionSpec>& more);

/// The port of an argument "PORT" or option "--port". Errors: kInvalidArgument.
[[nodiscard]] base::Result<std::optional<net::PortQuery>> port_argument(const Arguments& arguments);

/// Which of the listeners that listen now are meant by --tcp, --udp, --ipv4, --ipv6, --program, --user,
/// --unit and --port. Errors: kInvalidArgument.
[[nodiscard]] base::Result<std::vector<model::ListenerRef>> choose_listeners(
    const Arguments& arguments, std::vector<model::ListenerRef> listeners);

/// The place that --after names: a cursor, or the seq of an event in the daemon's present log (then the epoch
/// is empty). Errors: kInvalidArgument.
[[nodiscard]] base::Result<std::optional<protocol::Cursor>> cursor_argument(const Arguments& arguments);

/// What --program, --user, --unit, --kind, PORT or --port, --since and --until say. Errors: kInvalidArgument.
[[nodiscard]] base::Result<model::EventQuery> event_query(const Arguments& arguments, base::UtcTime now,
                                                          const TimeZone& zone);

}  // namespace portwatch::cli
