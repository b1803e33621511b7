// SPDX-License-Identifier: Apache-2.0
// The log by spdlog, with one sink for stderr and one of our own for the journal.

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>

#include "common/base/text.h"
#include "daemon/app/log.h"
#include "daemon/app/service_manager.h"

namespace portwatch::app {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

LogLevel our_level(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return LogLevel::kError;
  if (level == spdlog::level::warn) return LogLevel::kWarning;
  return level == spdlog::level::info ? LogLevel::kInfo : LogLevel::kDebug;
}

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_to_journal(our_level(message.level), {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}
};

class SpdlogLog final : public Log {
 public:
  SpdlogLog(spdlog::sink_ptr sink, LogLevel level) : logger_("portwatchd", std::move(sink)) {
    set_level(level);
  }

  void write(LogLevel level, std::string_view message) override {
    logger_.log(spdlog_level(level), "{}", base::escape_for_terminal(message));
  }
  void set_level(LogLevel level) override { logger_.set_level(spdlog_level(level)); }
  bool says(LogLevel level) const override { return logger_.should_log(spdlog_level(level)); }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Log> make_stderr_log(LogLevel level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                                  spdlog::pattern_time_type::utc));
  return std::make_unique<SpdlogLog>(std::move(sink), level);
}

std::unique_ptr<Log> make_journal_log(LogLevel level) {
  return std::make_unique<SpdlogLog>(std::make_shared<JournalSink>(), level);
}

}  // namespace portwatch::app
