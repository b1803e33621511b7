// SPDX-License-Identifier: Apache-2.0
#pragma once

// An engine that watches a fake machine and keeps its events as a store would, so that a test can let time
// pass, restart either side and ask what was told.

#include <string>
#include <utility>
#include <vector>

#include "daemon/core/engine.h"
#include "tests/support/event_projection.h"
#include "tests/support/fake_machine.h"

namespace portwatch::test {

class CoreRig {
 public:
  explicit CoreRig(core::Engine::Options options = {}) : options_(options), engine_(options, core::Memory{}) {
    record(engine_.start({"1.0", "fake"}, machine.host().boot_id, machine.now()));
  }

  /// One look after the poll interval, and the looks at once that it asks for. Gives the events of all of
  /// them.
  std::vector<model::Event> look() {
    machine.wait(std::chrono::seconds{1});
    std::vector<model::Event> events;
    bool again = true;
    while (again) {
      const model::Snapshot snapshot = machine.snapshot();
      core::Effects effects = engine_.on_snapshot(snapshot, machine.now());
      record(effects);
      events.insert(events.end(), effects.events.begin(), effects.events.end());
      again = effects.look_again;
    }
    return events;
  }

  /// One look alone.
  core::Effects look_once() {
    machine.wait(std::chrono::seconds{1});
    const model::Snapshot snapshot = machine.snapshot();
    return record(engine_.on_snapshot(snapshot, machine.now()));
  }

  core::Effects tick() { return record(engine_.on_tick(machine.now())); }

  /// portwatchd ends without a word, and starts again after `away`.
  core::Effects restart(base::Micros away = std::chrono::seconds{60}, bool machine_reboots = false) {
    const std::string old_boot = machine.host().boot_id;
    machine.wait(away);
    if (machine_reboots) machine.reboot();
    engine_ = core::Engine(options_, log.memory(old_boot));
    return record(engine_.start({"1.0", "fake"}, machine.host().boot_id, machine.now()));
  }

  core::Effects record(core::Effects effects) {
    log.apply(effects.events);
    all.insert(all.end(), effects.events.begin(), effects.events.end());
    return effects;
  }

  [[nodiscard]] core::Engine& engine() { return engine_; }
  [[nodiscard]] model::ListenerRef only_listener() const {
    const auto listeners = engine_.listeners();
    EXPECT_EQ(listeners.size(), 1U);
    return listeners.empty() ? nullptr : listeners.front();
  }

  FakeMachine machine;
  EventProjection log;
  std::vector<model::Event> all;

 private:
  core::Engine::Options options_;
  core::Engine engine_;
};

inline std::vector<std::string> kinds(const std::vector<model::Event>& events) {
  std::vector<std::string> names;
  for (const model::Event& event : events) names.emplace_back(base::name_of(event.kind));
  return names;
}

inline std::vector<model::Event> of_kind(const std::vector<model::Event>& events, model::EventKind kind) {
  std::vector<model::Event> found;
  for (const model::Event& event : events)
    if (event.kind == kind) found.push_back(event);
  return found;
}

inline const model::Alert& alert_of(const model::Event& event) {
  return std::get<model::AlertDetail>(event.detail).alert;
}

}  // namespace portwatch::test
