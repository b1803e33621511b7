// SPDX-License-Identifier: Apache-2.0
// Recording what is seen, and a trace in place of this machine.

#include <fmt/format.h>

#include <utility>

#include "daemon/app/daemon.h"
#include "daemon/app/store_opening.h"

namespace portwatch::app {

/// What is replayed must not go on where somebody really watched, nor twice in a row.
base::Status Daemon::check_replay_folder() const {
  const std::filesystem::path& folder = plan_.settings.state_directory;
  std::error_code error;
  const auto status = std::filesystem::symlink_status(folder / kDatabaseName, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  return base::fail(base::ErrorCode::kConflict,
                    fmt::format("{} holds a database already; a replay begins with a new one: give another "
                                "folder with --state-dir",
                                folder.string()));
}

/// Nothing is waited for but the loop, and nothing of this machine is asked.
base::Status Daemon::start_replay() {
  const trace::Began& began = plan_.replay->began();
  const auto clock = std::make_shared<ReplayedClock>(began.at);
  clock_ = [clock] { return clock->read(); };
  plan_.sensor = make_replayed_sensor(began);
  PW_TRY(start_store(began.boot_id, began.machine_hash));
  start_view();
  log_.info("sensor {}: {}", began.sensor.name, plan_.sensor->info().summary);
  replay_.emplace(
      loop_, *engine_, *plan_.replay, clock,
      Replay::Callbacks{.on_effects = [this](core::Effects effects) { perform(std::move(effects)); },
                        .has_room = [this] { return has_room(); },
                        .is_settled = [this] { return pump_->pending() == 0; },
                        .on_end = [this](const base::Status& ended) { on_replayed(ended); }});
  replay_->start();
  return {};
}

void Daemon::on_replayed(const base::Status& ended) {
  if (!ended) {
    log_.error("{}; what came before it is in {}", ended.error().message, database_.string());
    exit_code_ = kExitFailure;
    return stop("the trace cannot be replayed");
  }
  if (const auto shortfall = plan_.replay->shortfall()) log_.warning("{}", *shortfall);
  if (!is_stopping_) start_server();
  on_tick();
}

base::Result<std::unique_ptr<TraceRecorder>> Daemon::start_recording() {
  if (!plan_.options.record) return nullptr;
  if (plan_.damage) {
    log_.warning("not recorded any more: the recording ended with the damaged database");
    return nullptr;
  }
  auto file = TraceFile::create(*plan_.options.record);
  if (!file) return std::unexpected(std::move(file).error());
  log_.info("recording to {}: programs, command lines, users and addresses of this machine are in it",
            plan_.options.record->native());
  return std::make_unique<TraceRecorder>(*std::move(file), TraceRecorder::Options{},
                                         [&log = log_, path = *plan_.options.record](const base::Error& why) {
                                           log.error("recording to {} has ended: {}; watching goes on",
                                                     path.string(), why.message);
                                         });
}

}  // namespace portwatch::app
