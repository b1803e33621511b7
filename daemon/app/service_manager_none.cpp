// SPDX-License-Identifier: Apache-2.0
// A build without libsystemd: nobody is told, and stderr is all there is.

#include "daemon/app/service_manager.h"

namespace portwatch::app {

bool is_stderr_the_journal() {
  return false;
}
void write_to_journal(LogLevel /*level*/, std::string_view /*message*/) {}
void notify_ready(const std::string& /*status*/) {}
void notify_status(const std::string& /*status*/) {}
void notify_more_time(base::Micros /*needed*/) {}
void notify_reloading(base::Micros /*monotonic*/) {}
void notify_stopping(const std::string& /*status*/) {}

}  // namespace portwatch::app
