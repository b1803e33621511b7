// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portwatch::app {
namespace {

model::AlertState state_after(interface::AlertAction action) {
  switch (action) {
    case interface::AlertAction::kApprove: return model::AlertState::kApproved;
    case interface::AlertAction::kReject: return model::AlertState::kRejected;
    case interface::AlertAction::kAcknowledge: return model::AlertState::kAcknowledged;
  }
  return model::AlertState::kAcknowledged;
}

base::Result<core::Effects> decide(core::Engine& engine, interface::AlertAction action, base::AlertId id,
                                   const std::string& actor, base::Moment now) {
  switch (action) {
    case interface::AlertAction::kApprove: return engine.approve(id, actor, now);
    case interface::AlertAction::kReject: return engine.reject(id, actor, now);
    case interface::AlertAction::kAcknowledge: return engine.acknowledge(id, actor, now);
  }
  return base::fail(base::ErrorCode::kInternal, "no such action");
}

}  // namespace

void AlertCommands::change_alert(base::AlertId id, interface::AlertAction action, std::string actor,
                                 std::function<void(base::Result<model::Alert>)> done) {
  if (const auto& problem = pump_.problem())
    return done(
        base::fail(base::ErrorCode::kUnavailable,
                   fmt::format("nothing can be changed while the store cannot write: {}", problem->message)));
  auto effects = decide(engine_, action, id, actor, clock_());
  if (!effects) return done(std::unexpected(effects.error()));
  waiting_.push_back({id, state_after(action), std::move(done)});
  pump_.append(std::move(effects->events));
}

void AlertCommands::on_committed(std::span<const model::Event> events) {
  for (const model::Event& event : events) {
    const auto* detail = std::get_if<model::AlertDetail>(&event.detail);
    if (event.kind != model::EventKind::kAlertChanged || detail == nullptr) continue;
    const auto found = std::ranges::find_if(waiting_, [&](const Waiting& waiting) {
      return waiting.id == detail->alert.id && waiting.state == detail->alert.state;
    });
    if (found == waiting_.end()) continue;
    const auto done = std::move(found->done);
    waiting_.erase(found);
    done(detail->alert);
  }
}

void AlertCommands::on_store_failed(const base::Error& error) {
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    waiting.done(base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format(
            "the change is made but cannot be stored yet, and is lost if portwatchd ends before it can: {}",
            error.message)));
}

}  // namespace portwatch::app
