// SPDX-License-Identifier: Apache-2.0
// The end of the daemon. Its order: no new looks, the last one taken in, no new questions to the store,
// everything committed and told, then the clients go.
#include <utility>

#include <fmt/format.h>

#include "daemon/app/clock.h"
#include "daemon/app/daemon.h"
#include "daemon/app/service_manager.h"

namespace portwatch::app {
namespace {

/// How often it is asked whether the drain gets on.
constexpr base::Micros kDrainCheck = std::chrono::seconds{1};

}  // namespace

/// As at the start: the database is set aside and a new one is begun, because to go on without a store would
/// be worse.
void Daemon::on_damage(const std::string& what) {
  if (is_stopping_) return;
  if (plan_.replay) {
    log_.error("{}; replay the trace into a new folder", what);
    exit_code_ = kExitFailure;
  } else if (plan_.damage && read_moment().boot - plan_.damage->at < kDamageInterval) {
    log_.error(
        "{}; the database before it was damaged too, so this is left to somebody who can look after it",
        what);
    exit_code_ = kExitFailure;
  } else {
    log_.error("{}; beginning anew with another database", what);
    store_damage_ = what;
  }
  stop("the database is damaged");
}

void Daemon::stop(std::string_view why) {
  if (is_stopping_ && !store_damage_.empty()) {
    log_.info("stopping: {}", why);  // for good, not to begin anew
    return store_damage_.clear();
  }
  if (is_stopping_) {
    log_.warning("{} again: ending at once", why);
    must_abandon_ = true;
    return end(kExitFailure);
  }
  is_stopping_ = true;
  log_.info("stopping: {}", why);
  if (store_damage_.empty()) notify_stopping(fmt::format("stopping: {}", why));
  drain_.start_repeating(kDrainCheck);
  tick_.stop();
  last_look_.start_once(kLastLook);
  commands_->insist();  // else the last look would wait for it
  scans_->stop([this] { on_looks_ended(); });
}

void Daemon::on_looks_ended() {
  if (std::exchange(have_looks_ended_, true)) return;
  if (events_) events_->finish(read_moment().boot);
  last_look_.stop();
  if (replay_) replay_->stop();
  if (intake_) perform(intake_->stop());
  queries_->close();
  // What waits for a damaged database waits for nothing.
  const bool is_damaged = store_health_.commit && store_health_.commit->code == base::ErrorCode::kCorrupt;
  const base::Micros patience = !is_damaged ? kPatience - 2 * kFarewell : base::Micros{};
  pump_->stop(patience, [this](std::size_t lost) {
    if (lost > 0) log_.error("{} events could not be stored and are lost", lost);
    const int code = lost > 0 ? static_cast<int>(kExitFailure) : exit_code_;
    commands_->end();
    if (!server_) return end(code);
    server_->stop([this, code] { end(code); });
  });
}

/// A long queue on a slow disk may take its time, as long as it gets shorter.
void Daemon::on_drain_tick() {
  const std::uint64_t progress = *store_progress_;
  const bool gets_on = std::exchange(last_progress_, progress) != progress;
  idle_ = gets_on ? base::Micros{} : idle_ + kDrainCheck;
  if (gets_on) notify_more_time(2 * kPatience);
  if (idle_ < kPatience) return;
  log_.error("has not got on with ending for {}; giving up on what still waits",
             base::format_duration(kPatience));
  must_abandon_ = true;
  end(kExitFailure);
}

std::optional<Daemon::Plan> Daemon::next_plan() const {
  if (store_damage_.empty()) return std::nullopt;
  Plan plan = plan_;
  const base::Moment now = read_moment();
  plan.damage = {.what = store_damage_, .at = now.boot, .memory = engine_->memory()};
  plan.damage->memory.last_alive = now.utc;
  return plan;
}

void Daemon::end(int exit_code) {
  // Who cannot begin anew in this process must be started again by somebody.
  exit_code_ = must_abandon_ && !store_damage_.empty() ? static_cast<int>(kExitFailure) : exit_code;
  drain_.stop();
  log_.info("stopped");
  loop_.stop();
}

}  // namespace portwatch::app
