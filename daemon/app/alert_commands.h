// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people change about alerts: decided by the core, committed by the store, and only then answered. One
// change at a time is under way, and looks wait for it, so that one that cannot be stored can be taken back
// as if it had never been: an answer of no means that nothing was changed. Thread: the loop's, for all of it.

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "daemon/app/event_pump.h"
#include "daemon/core/engine.h"
#include "daemon/interface/state_view.h"

namespace portwatch::app {

class AlertCommands final : public interface::Commands {
 public:
  /// How long looks wait for one change. The store tries it once, behind a try of what waits before it.
  static constexpr base::Micros kPatience = std::chrono::seconds{5};

  /// `on_hold` is told when the engine must learn nothing, and when it may again; before the next change.
  AlertCommands(core::Engine& engine, EventPump& pump, std::function<base::Moment()> clock,
                std::function<void(bool is_held)> on_hold)
      : engine_(engine), pump_(pump), clock_(std::move(clock)), on_hold_(std::move(on_hold)) {}

  void change_alert(base::AlertId id, interface::AlertAction action, std::string actor, Allowed allowed,
                    Done done) override;

  /// About once a second: what takes too long is waited for no more, and cannot be taken back any more.
  void on_tick();
  /// The same, however long it has taken.
  void insist();
  /// portwatchd ends: nothing that is not stored by now will be.
  void end();

 private:
  struct Wish {
    base::AlertId id;
    interface::AlertAction action;
    std::string actor;
    Allowed allowed;
    Done done;
  };

  void start_next();
  [[nodiscard]] base::Status start(const Wish& wish);
  void on_decided(base::Result<std::vector<model::Event>> outcome);

  core::Engine& engine_;
  EventPump& pump_;
  std::function<base::Moment()> clock_;
  std::function<void(bool is_held)> on_hold_;
  std::deque<Wish> waiting_;
  std::optional<Wish> under_way_;
  base::BootTime began_;
};

}  // namespace portwatch::app
