// SPDX-License-Identifier: Apache-2.0
#pragma once

// What we tell the service manager and its journal. Without one (or in a build without libsystemd) nothing is
// told.

#include <string>
#include <string_view>

#include "common/base/time.h"
#include "daemon/app/log_level.h"

namespace portwatch::app {

/// Whether stderr is a stream of the journal (systemd.exec(5), $JOURNAL_STREAM): then the journal itself can
/// be written to, which keeps the level of a message.
[[nodiscard]] bool is_stderr_the_journal();

/// One message, to sd_journal_send(3); it must already be safe to show. Thread: any.
void write_to_journal(LogLevel level, std::string_view message);

/// The states of sd_notify(3). `status` is a line for people, in `systemctl status`.
void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_reloading(base::Micros monotonic);
void notify_stopping(const std::string& status);
/// Stopping goes on and will take so long still, at most: do not end us before.
void notify_more_time(base::Micros needed);

}  // namespace portwatch::app
