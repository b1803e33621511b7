// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the daemon says: to a terminal, to whoever reads its stderr, or to the journal. One message is one
// line, and text that came from other processes cannot act on the terminal that shows it: every message is
// escaped on its way out.

#include <fmt/core.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/app/log_level.h"

namespace portwatch::app {

/// Thread: any, for all of it.
class Log {
 public:
  virtual ~Log() = default;

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    say(LogLevel::kDebug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    say(LogLevel::kInfo, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    say(LogLevel::kWarning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    say(LogLevel::kError, format, std::forward<Args>(args)...);
  }

  virtual void write(LogLevel level, std::string_view message) = 0;
  virtual void set_level(LogLevel level) = 0;
  [[nodiscard]] virtual bool says(LogLevel level) const = 0;

 private:
  template <class... Args>
  void say(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (says(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
};

/// "2026-11-21T12:33:11.381Z info ready: …" on stderr, in UTC.
[[nodiscard]] std::unique_ptr<Log> make_stderr_log(LogLevel level);

/// The system's journal, which adds time and origin itself.
[[nodiscard]] std::unique_ptr<Log> make_journal_log(LogLevel level);

}  // namespace portwatch::app
