// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/run.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "common/base/text.h"
#include "common/uv/loop.h"
#include "common/uv/socket_path.h"
#include "daemon/app/configuration_toml.h"
#include "daemon/app/daemon.h"
#include "daemon/app/descriptor_limit.h"
#include "daemon/app/log.h"
#include "daemon/app/once.h"
#include "daemon/app/options.h"
#include "daemon/app/replay.h"
#include "daemon/app/service_manager.h"
#include "daemon/app/settings.h"
#include "daemon/sensor/linux/helper_thread.h"

namespace portwatch::app {
namespace {

int exit_code_of(const base::Error& error) {
  return error.code == base::ErrorCode::kPermissionDenied ? kExitDenied : kExitFailure;
}

void say(const std::string& line) {
  fmt::print(stderr, "portwatchd: {}\n", base::escape_for_terminal(line));
}

std::unique_ptr<Log> make_log(LogTarget target, LogLevel level) {
  const bool is_journal =
      target == LogTarget::kJournal || (target == LogTarget::kAuto && is_stderr_the_journal());
  return is_journal ? make_journal_log(level) : make_stderr_log(level);
}

/// What waits for all threads at the end of a process would wait for those that were left behind too.
int end_with(int exit_code) {
  if (sensor::HelperThread::left_behind() > 0) std::_Exit(exit_code);
  return exit_code;
}

int watch(Daemon::Plan plan, Log& log) {
  if (const auto enough = check_descriptor_limit(); !enough) {
    log.error("{}", enough.error().message);
    return exit_code_of(enough.error());
  }
  while (true) {
    uv::Loop loop;
    Daemon daemon(loop, log, plan);
    if (const auto started = daemon.start(); !started) {
      log.error("{}", started.error().message);
      return exit_code_of(started.error());
    }
    loop.run();
    // The destructors would wait for the thread that hangs.
    if (daemon.must_abandon()) std::_Exit(daemon.exit_code());
    auto next = daemon.next_plan();
    if (!next) return daemon.exit_code();
    plan = std::move(*next);
  }
}

int run_replay(Daemon::Plan plan, Log& log) {
  // A pipe may keep its reader waiting for ever, and the loop with it.
  std::error_code error;
  const auto status = std::filesystem::status(*plan.options.replay, error);
  if (!plan.options.once && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    log.error("{} is no regular file: with --once it can be replayed all the same",
              plan.options.replay->native());
    return kExitUsage;
  }
  auto source = trace::Source::open(*plan.options.replay);
  if (!source) {
    log.error("{}", source.error().message);
    return exit_code_of(source.error());
  }
  if (plan.options.once) return replay_to_stdout(**source, log);
  plan.replay = *std::move(source);
  plan.settings.profile = plan.replay->began().rules.profile;
  return watch(std::move(plan), log);
}

}  // namespace

int run(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    fmt::print(stdout, "{}", options.error().out);
    fmt::print(stderr, "{}", options.error().err);
    return options.error().code;
  }
  const Surroundings surroundings = find_surroundings();
  // A replay goes by the file that it is given, and by no other.
  const bool has_usual_file = !options->replay || options->config;
  const auto file = has_usual_file ? locate_configuration(*options, surroundings) : ConfigurationFile{};
  if (!file) {
    say(file.error().message);
    return kExitUsage;
  }
  const auto configuration = has_usual_file ? read_configuration(file->path, file->must_exist)
                                            : std::expected<Configuration, Problems>();
  if (!configuration) {
    for (const std::string& problem : configuration.error()) say(problem);
    return kExitUsage;
  }
  auto settings = resolve(*options, *configuration, surroundings);
  if (!settings) {
    say(settings.error().message);
    return kExitUsage;
  }
  // What is said of it is for other terminals too.
  std::error_code ignored;
  if (auto socket = std::filesystem::absolute(settings->socket, ignored); !ignored)
    settings->socket = std::move(socket);
  if (const auto fits = uv::check_socket_path(settings->socket); !options->once && !fits) {
    say(fits.error().message);
    return kExitUsage;
  }
  if (options->check_config) {
    std::error_code unknown;
    const bool is_missing = !std::filesystem::exists(file->path, unknown) && !unknown;
    fmt::print("{}: {}\n", base::escape_for_terminal(file->path.string()),
               is_missing ? "no such file: the defaults are used" : "the configuration is fine");
    return kExitOk;
  }
  const auto log = make_log(configuration->log_target, settings->log_level);
  if (options->replay) return run_replay({*options, *file, *configuration, *settings}, *log);
  if (options->once) return end_with(run_once(*configuration, *log));
  return end_with(watch({*options, *file, *configuration, *settings}, *log));
}

}  // namespace portwatch::app
