// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people change about alerts: decided by the core, committed by the store, and only then answered. One
// change at a time is under way, so that one that cannot be stored can be taken back as if it had never been:
// an answer of no means that nothing was changed. Thread: the loop's, for all of it.

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "common/base/time.h"
#include "daemon/app/event_pump.h"
#include "daemon/core/engine.h"
#include "daemon/interface/state_view.h"

namespace portwatch::app {

class AlertCommands final : public interface::Commands {
 public:
  AlertCommands(core::Engine& engine, EventPump& pump, std::function<base::Moment()> clock)
      : engine_(engine), pump_(pump), clock_(std::move(clock)) {}

  void change_alert(base::AlertId id, interface::AlertAction action, std::string actor,
                    std::function<void(base::Result<model::Alert>)> done) override;

  /// Events that are durable now; answers those who wait for them.
  void on_committed(std::span<const model::Event> events);
  /// The change that is under way could not be stored: it is taken back.
  void on_refused(const base::Error& error);
  /// portwatchd ends: nothing that is not stored by now will be.
  void end();

 private:
  struct Wish {
    base::AlertId id;
    interface::AlertAction action;
    std::string actor;
    std::function<void(base::Result<model::Alert>)> done;
  };

  void start_next();
  void refuse(const base::Error& error);

  core::Engine& engine_;
  EventPump& pump_;
  std::function<base::Moment()> clock_;
  std::deque<Wish> waiting_;
  std::optional<Wish> under_way_;
};

}  // namespace portwatch::app
