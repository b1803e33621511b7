// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/replay.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>

#include "common/json/codec.h"
#include "daemon/app/log.h"
#include "daemon/app/options.h"

namespace portwatch::app {
namespace {

/// For the store.
constexpr base::Micros kWait = std::chrono::milliseconds{5};

struct Step {
  core::Engine& engine;

  core::Effects operator()(const trace::Began& began) const {
    return engine.start({.version = began.version, .sensor = began.sensor.name}, began.boot_id, began.at);
  }
  core::Effects operator()(const trace::Looked& looked) const {
    return engine.on_snapshot(looked.snapshot, looked.at);
  }
  core::Effects operator()(const trace::Told& told) const {
    return engine.on_observations(told.told, told.at);
  }
  core::Effects operator()(const trace::Ticked& ticked) const { return engine.on_tick(ticked.at); }
  core::Effects operator()(const trace::RulesChanged& changed) const {
    return engine.set_options(options_of(changed.rules), changed.at);
  }
  core::Effects operator()(const trace::Ended& ended) const { return engine.stop(ended.at); }
};

class ReplayedSensor final : public interface::Sensor {
 public:
  explicit ReplayedSensor(model::SensorInfo info) : info_(std::move(info)) {}
  [[nodiscard]] model::SensorInfo info() const override { return info_; }
  [[nodiscard]] base::Result<model::Snapshot> scan() override {
    return base::fail(base::ErrorCode::kUnsupported, "a replay looks at nothing");
  }

 private:
  model::SensorInfo info_;
};

}  // namespace

core::Effects replay(core::Engine& engine, const trace::Record& record) {
  return std::visit(Step{engine}, record);
}

core::Engine::Options options_of(const trace::Rules& rules) {
  return {.profile = rules.profile, .learning = rules.learning, .scan_interval = rules.look_interval};
}

std::shared_ptr<interface::Sensor> make_replayed_sensor(const trace::Began& began) {
  model::SensorInfo info = began.sensor;
  info.summary = fmt::format("a replay of what portwatchd {} has seen: {}", began.version, info.summary);
  return std::make_shared<ReplayedSensor>(std::move(info));
}

base::Moment ReplayedClock::read() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void ReplayedClock::set(base::Moment now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

Replay::Replay(uv::Loop& loop, core::Engine& engine, trace::Source& source,
               std::shared_ptr<ReplayedClock> clock, Callbacks callbacks)
    : engine_(engine),
      source_(source),
      clock_(std::move(clock)),
      callbacks_(std::move(callbacks)),
      next_(loop, [this] { take_one(); }) {
  status_.interval = source.began().rules.look_interval.value_or(base::Micros{});
  status_.problem = "this is a replay, and nothing of this machine is watched";
}

void Replay::start() {
  take_in(source_.began());
  next_.start_once({});
}

void Replay::take_one() {
  if (is_over_ && callbacks_.is_settled()) return callbacks_.on_end({});
  if (is_over_ || !callbacks_.has_room()) return next_.start_once(kWait);
  if (!waiting_) {
    auto record = source_.next();
    if (!record) return callbacks_.on_end(std::unexpected(std::move(record).error()));
    waiting_ = *std::move(record);
  }
  // Any number of events can come of a look, and all find room where none waits.
  const bool is_look = waiting_ && std::holds_alternative<trace::Looked>(*waiting_);
  if (is_look && !callbacks_.is_settled()) return next_.start_once(kWait);
  if (waiting_)
    take_in(*std::exchange(waiting_, std::nullopt));
  else
    is_over_ = true;
  next_.start_once({});
}

void Replay::take_in(const trace::Record& record) {
  clock_->set(std::visit([](const auto& one) { return one.at; }, record));
  if (const auto* const looked = std::get_if<trace::Looked>(&record)) {
    ++status_.count;
    status_.last_at = looked->at.utc;
    status_.last_duration = looked->snapshot.finished - looked->snapshot.started;
  }
  callbacks_.on_effects(replay(engine_, record));
}

int replay_to_stdout(trace::Source& source, Log& log) {
  core::Engine engine(options_of(source.began().rules), {});
  std::int64_t seq = 0;
  const auto tell = [&seq](core::Effects effects) {
    for (model::Event& event : effects.events) {
      event.seq = base::Seq{++seq};
      fmt::print("{}\n", json::dump(json::encode(event)));
    }
  };
  tell(replay(engine, source.began()));
  int exit_code = kExitOk;
  while (true) {
    const auto record = source.next();
    if (!record) {
      log.error("{}", record.error().message);
      exit_code = kExitFailure;
    }
    if (!record || !*record) break;
    tell(replay(engine, **record));
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    log.error("cannot write the answer to stdout");
    return kExitFailure;
  }
  if (const auto shortfall = source.shortfall(); shortfall && exit_code == kExitOk)
    log.warning("{}", *shortfall);
  return exit_code;
}

}  // namespace portwatch::app
