// SPDX-License-Identifier: Apache-2.0
// systemd, through libsystemd: sd_notify(3) and sd_journal_send(3). What cannot be told is not told: neither
// is worth failing for.

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>

#include "daemon/app/service_context.h"
#include "daemon/app/service_manager.h"

namespace portwatch::app {
namespace {

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return LOG_DEBUG;
    case LogLevel::kInfo: return LOG_INFO;
    case LogLevel::kWarning: return LOG_WARNING;
    case LogLevel::kError: return LOG_ERR;
  }
  return LOG_INFO;
}

/// A state is lines of NAME=value: text of ours alone, on one line.
void notify(const std::string& state) {
  (void)sd_notify(0, state.c_str());
}

}  // namespace

bool is_stderr_the_journal() {
  const auto stream = environment_variable("JOURNAL_STREAM");
  struct stat status{};
  if (!stream || fstat(STDERR_FILENO, &status) != 0) return false;
  return *stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

void write_to_journal(LogLevel level, std::string_view message) {
  std::array<std::string, 3> fields{fmt::format("MESSAGE={}", message),
                                    fmt::format("PRIORITY={}", priority_of(level)),
                                    "SYSLOG_IDENTIFIER=portwatchd"};
  std::array<iovec, 3> vectors{};
  for (std::size_t i = 0; i < fields.size(); ++i)
    vectors[i] = {.iov_base = fields[i].data(), .iov_len = fields[i].size()};
  (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

void notify_ready(const std::string& status) {
  notify(fmt::format("READY=1\nSTATUS={}", status));
}
void notify_status(const std::string& status) {
  notify(fmt::format("STATUS={}", status));
}
void notify_reloading(base::Micros monotonic) {
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic.count()));
}
void notify_stopping(const std::string& status) {
  notify(fmt::format("STOPPING=1\nSTATUS={}", status));
}

void notify_more_time(base::Micros needed) {
  notify(fmt::format("EXTEND_TIMEOUT_USEC={}", needed.count()));
}

}  // namespace portwatch::app
