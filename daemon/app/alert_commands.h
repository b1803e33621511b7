// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people change about alerts: decided by the core, committed by the store, and only then answered.
// Thread: the loop's, for all of it.

#include <functional>
#include <list>
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
  /// The store cannot write: those who wait are told so. What they asked for is done, and is committed once
  /// it can.
  void on_store_failed(const base::Error& error);

 private:
  struct Waiting {
    base::AlertId id;
    model::AlertState state;
    std::function<void(base::Result<model::Alert>)> done;
  };

  core::Engine& engine_;
  EventPump& pump_;
  std::function<base::Moment()> clock_;
  std::list<Waiting> waiting_;
};

}  // namespace portwatch::app
