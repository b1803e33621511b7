// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_commands.h"

#include <fmt/format.h>

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
  waiting_.push_back({id, action, std::move(actor), std::move(done)});
  start_next();
}

void AlertCommands::start_next() {
  while (!under_way_ && !waiting_.empty()) {
    under_way_ = std::move(waiting_.front());
    waiting_.pop_front();
    if (const auto& problem = pump_.problem()) {
      refuse(*problem);
      continue;
    }
    auto effects = decide(engine_, under_way_->action, under_way_->id, under_way_->actor, clock_());
    if (!effects) {
      const Wish wish = *std::exchange(under_way_, std::nullopt);
      wish.done(std::unexpected(effects.error()));
      continue;
    }
    if (const auto queued = pump_.append_or_refuse(std::move(effects->events)); !queued)
      on_refused(queued.error());
  }
}

void AlertCommands::on_committed(std::span<const model::Event> events) {
  for (const model::Event& event : events) {
    const auto* detail = std::get_if<model::AlertDetail>(&event.detail);
    if (event.kind != model::EventKind::kAlertChanged || detail == nullptr || !under_way_) continue;
    if (under_way_->id != detail->alert.id || state_after(under_way_->action) != detail->alert.state)
      continue;
    const Wish wish = *std::exchange(under_way_, std::nullopt);
    wish.done(detail->alert);
  }
  start_next();
}

void AlertCommands::on_refused(const base::Error& error) {
  if (!under_way_) return;
  pump_.append(engine_.take_back_decision(clock_()).events);
  refuse(error);
  start_next();
}

void AlertCommands::refuse(const base::Error& error) {
  const Wish wish = *std::exchange(under_way_, std::nullopt);
  wish.done(
      base::fail(base::ErrorCode::kUnavailable,
                 fmt::format("nothing was changed, because the store cannot write: {}", error.message)));
}

void AlertCommands::end() {
  const base::Error error{base::ErrorCode::kUnavailable, "portwatchd is stopping"};
  if (under_way_) refuse(error);
  while (!waiting_.empty()) {
    under_way_ = std::move(waiting_.front());
    waiting_.pop_front();
    refuse(error);
  }
}

}  // namespace portwatch::app
