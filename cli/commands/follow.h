// SPDX-License-Identifier: Apache-2.0
#pragma once

// Following events live, across a restart of the daemon.

#include <cstdint>
#include <functional>

#include "cli/client/daemon.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace portwatch::cli {

/// Gives each event from now on, or behind `question.after`, until nobody reads any more. When the daemon
/// goes away it says so, waits for it and goes on where it was. Only an interrupt or a closed stdout ends it
/// well.
ExitCode follow_events(Session& session, Daemon& daemon, EventsQuestion question,
                       const std::function<void(const model::Event&)>& show);

/// Says on stderr that so many events were left out, because only a later version knows their kind; nothing
/// for none.
void say_left_out(Session& session, std::uint64_t count);

/// Shows one event as a line, or as a line of JSON.
void print_event(Session& session, const model::Event& event);

}  // namespace portwatch::cli
