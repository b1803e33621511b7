// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_commands.h"

#include <fmt/format.h>

#include <utility>

namespace portwatch::app {
namespace {

base::Result<core::Effects> decide(core::Engine& engine, interface::AlertAction action, base::AlertId id,
                                   const std::string& actor, base::Moment now) {
  switch (action) {
    case interface::AlertAction::kApprove: return engine.approve(id, actor, now);
    case interface::AlertAction::kReject: return engine.reject(id, actor, now);
    case interface::AlertAction::kAcknowledge: return engine.acknowledge(id, actor, now);
  }
  return base::fail(base::ErrorCode::kInternal, "no such action");
}

std::unexpected<base::Error> not_stored(const base::Error& error) {
  return base::fail(base::ErrorCode::kUnavailable,
                    fmt::format("nothing was changed, because the store cannot write: {}", error.message));
}

}  // namespace

void AlertCommands::change_alert(base::AlertId id, interface::AlertAction action, std::string actor,
                                 Allowed allowed, Done done) {
  waiting_.push_back({id, action, std::move(actor), std::move(allowed), std::move(done)});
  start_next();
}

void AlertCommands::start_next() {
  while (!under_way_ && !waiting_.empty()) {
    Wish wish = std::move(waiting_.front());
    waiting_.pop_front();
    if (const base::Status started = start(wish); !started)
      wish.done(std::unexpected(started.error()));
    else
      under_way_ = std::move(wish);
  }
}

base::Status AlertCommands::start(const Wish& wish) {
  if (const auto alert = engine_.alert(wish.id)) PW_TRY(wish.allowed(*alert));
  if (const auto& problem = pump_.health().commit) return not_stored(*problem);
  const base::Moment now = clock_();
  auto effects = decide(engine_, wish.action, wish.id, wish.actor, now);
  if (!effects) return std::unexpected(std::move(effects).error());
  if (const auto queued = pump_.append_decision(
          std::move(effects->events),
          [this](base::Result<std::vector<model::Event>> outcome) { on_decided(std::move(outcome)); });
      !queued) {
    engine_.take_back_decision();
    return not_stored(queued.error());
  }
  began_ = now.boot;
  on_hold_(true);
  return {};
}

void AlertCommands::on_decided(base::Result<std::vector<model::Event>> outcome) {
  if (!under_way_) return;
  const Wish wish = *std::exchange(under_way_, std::nullopt);
  if (outcome) {
    // The last event of a decision is what became of the alert.
    wish.done(std::get<model::AlertDetail>(outcome->back().detail).alert);
  } else {
    engine_.take_back_decision();
    wish.done(not_stored(outcome.error()));
  }
  on_hold_(false);
  start_next();
}

void AlertCommands::on_tick() {
  if (under_way_ && clock_().boot - began_ >= kPatience) insist();
}

void AlertCommands::insist() {
  if (under_way_ && pump_.insist()) on_hold_(false);
}

void AlertCommands::end() {
  const base::Error error{base::ErrorCode::kUnavailable, "portwatchd is stopping"};
  if (under_way_) std::exchange(under_way_, std::nullopt)->done(not_stored(error));
  for (const Wish& wish : std::exchange(waiting_, {})) wish.done(not_stored(error));
}

}  // namespace portwatch::app
