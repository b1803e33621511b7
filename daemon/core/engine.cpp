// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/engine.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/base/assert.h"

#include "common/model/restart_window.h"
#include "daemon/core/conflicts.h"
#include "daemon/core/coverage_watch.h"
#include "daemon/core/exact_event.h"
#include "daemon/core/holders.h"
#include "daemon/core/policy.h"
#include "daemon/core/reason_text.h"
#include "daemon/core/restarts.h"
#include "daemon/core/tracker.h"
#include "daemon/core/vigil.h"

namespace portwatch::core {
namespace {

using model::AlertState;
using model::EventKind;

/// Clocks are read one after the other; a sleep is longer than that.
constexpr base::Micros kShortestSuspend = std::chrono::seconds{1};

constexpr std::string_view kNotLookedAt =
    "nobody looks into other networks any more: what is listed there is as it was seen last";

/// What an earlier run knew of and did not see any more.
bool has_unwatched(const std::vector<model::ListenerRef>& listeners) {
  return std::ranges::any_of(listeners,
                             [](const auto& listener) { return listener->unwatched_since.has_value(); });
}

Policy::Options policy_options(const Engine::Options& options) {
  return {.profile = options.profile, .learning = options.learning};
}

Policy::Past policy_past(Memory& memory) {
  return {.open_listeners = memory.open_listeners,
          .baseline = std::move(memory.baseline),
          .alerts = std::move(memory.alerts),
          .last_alert_id = memory.last_alert_id,
          .learning_until = memory.learning_until};
}

Tracker::Past tracker_past(Memory& memory) {
  return {.open_listeners = std::move(memory.open_listeners),
          .last_generation = memory.last_generation,
          .last_alive = memory.last_alive,
          .had_first_scan = memory.learning_until.has_value()};
}

void append(Effects& effects, std::vector<model::Event> events) {
  std::ranges::move(events, std::back_inserter(effects.events));
}

/// What a look found, with the time that the look gives it.
model::Event seen_event(EventKind kind, const model::EventTime& time, model::ListenerRef listener,
                        model::EventDetail detail) {
  return {
      .seq = {}, .time = time, .kind = kind, .listener = std::move(listener), .detail = std::move(detail)};
}

}  // namespace

struct Engine::Impl {
  Impl(Options options, Memory memory)
      : last_alive(memory.last_alive),
        last_boot_id(std::move(memory.last_boot_id)),
        recently_closed(std::move(memory.recently_closed)),
        policy(policy_options(options), policy_past(memory)),
        coverage(has_unwatched(memory.open_listeners)),
        tracker(tracker_past(memory)) {
    vigil.set_interval(options.scan_interval);
  }

  std::optional<base::UtcTime> last_alive;
  std::string last_boot_id;
  base::Micros last_suspended{};
  std::vector<model::ListenerRef> recently_closed;  ///< until start()
  Policy policy;
  CoverageWatch coverage;
  Tracker tracker;
  Restarts restarts;
  Conflicts conflicts;
  Vigil vigil;
  model::HostFactsRef host;  ///< of the last look; null before the first

  void notice_suspend(Effects& effects, base::Moment now) {
    const base::Micros slept = now.suspended - last_suspended;
    last_suspended = now.suspended;
    if (slept > kShortestSuspend)
      effects.events.push_back(exact_event(EventKind::kSuspended, now, model::SuspendedDetail{slept}));
  }

  void notice_standstill(Effects& effects, const model::Snapshot& snapshot, base::Moment now) {
    const auto standstill = vigil.look(snapshot);
    if (!standstill) return;
    tracker.note_standstill(standstill->end);
    effects.events.push_back(
        exact_event(EventKind::kGap, now,
                    model::GapDetail{now.to_utc(standstill->from), now.to_utc(standstill->to),
                                     "portwatchd did not get to look"}));
  }

  /// What is known of where nobody looks is as it was seen last, and that is told.
  void notice_coverage(Effects& effects, const model::Snapshot& snapshot, base::Moment now) {
    const Tracker::Unwatched unwatched = tracker.mark_unwatched(snapshot.coverage, now);
    model::Coverage seen = snapshot.coverage;
    for (const model::Table& table : unwatched.tables)
      seen.holes.push_back({.table = table, .reason = std::string(kNotLookedAt)});
    if (!coverage.update(std::move(seen))) return;
    model::Event event =
        exact_event(EventKind::kCoverageChanged, now, model::CoverageDetail{coverage.current()});
    if (unwatched.since) {
      event.time.precision = model::Precision::kGap;
      event.time.earliest = std::min(event.time.at, *unwatched.since);
    }
    effects.events.push_back(std::move(event));
  }

  /// They may come back as if nobody had been away: the time in which nobody watched does not count.
  void remember_recently_closed(base::Moment now) {
    for (model::ListenerRef& listener : std::exchange(recently_closed, {})) {
      const base::Micros before_the_end =
          last_alive ? std::max(*last_alive - listener->closed->at, base::Micros{}) : base::Micros{};
      if (before_the_end <= model::kRestartWindow)
        restarts.add(std::move(listener), now.boot - before_the_end);
    }
  }

  void open(Effects& effects, const Changes::Opened& opened, base::Moment now) {
    policy.open(opened, now);
    conflicts.grant(*opened.listener);
    effects.events.push_back(seen_event(EventKind::kOpened, opened.listener->opened, opened.listener,
                                        model::OpenedDetail{restarts.take(*opened.listener), std::nullopt}));
  }

  void close(Effects& effects, const model::ListenerRef& listener, base::Moment now) {
    policy.close(*listener);
    restarts.add(listener, now.boot);
    effects.events.push_back(seen_event(EventKind::kClosed, *listener->closed, listener, std::monostate{}));
  }

  Effects start(model::StartedDetail detail, const std::string& boot_id, base::Moment now) {
    Effects effects;
    last_suspended = now.suspended;
    vigil.start(now);
    policy.start(now);
    remember_recently_closed(now);
    effects.events.push_back(exact_event(EventKind::kStarted, now, std::move(detail)));
    if (last_alive) {
      const bool is_same_boot = last_boot_id == boot_id;
      effects.events.push_back(exact_event(
          EventKind::kGap, now,
          model::GapDetail{*last_alive, std::max(now.utc, *last_alive),
                           is_same_boot ? "portwatchd was not running" : "the machine restarted"}));
    }
    last_boot_id = boot_id;
    for (const model::ListenerRef& listener : tracker.start(boot_id, now)) close(effects, listener, now);
    return effects;
  }

  Effects on_snapshot(const model::Snapshot& snapshot, base::Moment now) {
    Effects effects;
    notice_suspend(effects, now);
    notice_standstill(effects, snapshot, now);
    notice_coverage(effects, snapshot, now);

    host = snapshot.host;
    const Changes seen = tracker.observe(snapshot, now);
    effects.look_again = seen.look_again;
    restarts.expire(now.boot);
    policy.learn(seen.opened, now);
    apply(effects, seen, now);
    append(effects, policy.finish(now));
    return effects;
  }

  Effects on_observations(std::span<const model::Observation> told, base::Moment now) {
    PW_ASSERT(host != nullptr);
    Effects effects;
    restarts.expire(now.boot);
    for (const model::Observation& observation : told)
      std::visit([&](const auto& one) { observe(effects, one, now); }, observation);
    append(effects, policy.finish(now));
    return effects;
  }

  void observe(Effects& effects, const model::SocketOpened& opened, base::Moment now) {
    apply(effects, tracker.observe(opened, *host, now), now);
  }
  void observe(Effects& effects, const model::SocketClosed& closed, base::Moment now) {
    const Changes seen = tracker.observe(closed, now);
    apply(effects, seen, now);
    effects.look_again = effects.look_again || seen.look_again;
  }
  void observe(Effects& effects, const model::WishRefused& refused, base::Moment now) {
    const std::shared_ptr<model::Listener> wanted = tracker.describe_wish(refused, *host, now);
    policy.preview(*wanted);
    const auto told = conflicts.refuse(wanted, describe_conflict(refused, *wanted, tracker), now.boot);
    if (!told) return;
    if (told->is_trouble)
      policy.complain(told->wanted, bind_conflict(*told->wanted, told->detail, told->refusals), now);
    tell(effects, *told);
  }
  static void tell(Effects& effects, const Conflicts::Told& conflict) {
    effects.events.push_back(
        seen_event(EventKind::kBindConflict, conflict.wanted->opened, conflict.wanted, conflict.detail));
  }
  void observe(Effects& effects, const model::HoldersChanged& changed, base::Moment /*now*/) {
    for (const model::ProcessEnd& end : changed.ended) tracker.note_end(end);
    effects.look_soon = true;
  }
  void observe(Effects& effects, const model::ObservationsLost& lost, base::Moment now) {
    tracker.note_standstill(lost.to);
    effects.look_again = true;
    effects.events.push_back(exact_event(
        EventKind::kGap, now,
        model::GapDetail{now.to_utc(lost.from), now.to_utc(lost.to),
                         lost.count > 0 ? fmt::format("{} events of the kernel were lost", lost.count)
                                        : "the kernel did not tell what happened"}));
  }

  void apply(Effects& effects, const Changes& seen, base::Moment now) {
    for (const Changes::Opened& opened : seen.opened)
      if (opened.is_over) open(effects, opened, now);
    for (const model::ListenerRef& listener : seen.closed) close(effects, listener, now);
    for (const Changes::Opened& opened : seen.opened)
      if (!opened.is_over) open(effects, opened, now);
    for (const Changes::OwnerChanged& change : seen.owner_changed) {
      policy.change_owner(change, now);
      effects.events.push_back(seen_event(EventKind::kOwnerChanged, change.time, change.listener,
                                          model::OwnerChangedDetail{change.added, change.removed}));
    }
    for (const std::shared_ptr<model::Listener>& listener : seen.held) policy.preview(*listener);
  }

  /// As it is now; null when it is closed, or is another service's by now.
  [[nodiscard]] model::ListenerRef listener_of(const model::Alert& alert) const {
    model::ListenerRef now = tracker.find(alert.listener->key);
    return now && now->service == alert.listener->service ? now : nullptr;
  }

  base::Result<Effects> decide(base::AlertId id, AlertState state, const std::string& actor,
                               base::Moment now) {
    const model::Alert* alert = policy.alerts().find(id);
    auto events = policy.decide(id, state, actor, alert == nullptr ? nullptr : listener_of(*alert), now);
    if (!events) return std::unexpected(std::move(events).error());
    if (state == AlertState::kApproved)
      tracker.set_verdict(events->back().listener->service, model::Verdict::kKnown);
    Effects effects;
    append(effects, std::move(*events));
    return effects;
  }
};

Engine::Engine(Options options, Memory memory) : impl_(std::make_unique<Impl>(options, std::move(memory))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Effects Engine::start(model::StartedDetail detail, const std::string& boot_id, base::Moment now) {
  return impl_->start(std::move(detail), boot_id, now);
}

Effects Engine::on_snapshot(const model::Snapshot& snapshot, base::Moment now) {
  return impl_->on_snapshot(snapshot, now);
}

Effects Engine::on_observations(std::span<const model::Observation> told, base::Moment now) {
  return impl_->on_observations(told, now);
}

Effects Engine::on_tick(base::Moment now) {
  Effects effects;
  impl_->notice_suspend(effects, now);
  append(effects, impl_->policy.end_learning(now));
  for (const Conflicts::Told& conflict : impl_->conflicts.expire(now.boot)) Impl::tell(effects, conflict);
  return effects;
}

Effects Engine::stop(base::Moment now) {
  Effects effects;
  for (const Conflicts::Told& conflict : impl_->conflicts.flush()) Impl::tell(effects, conflict);
  effects.events.push_back(exact_event(EventKind::kStopped, now, std::monostate{}));
  return effects;
}

Effects Engine::set_options(Options options, base::Moment now) {
  impl_->vigil.set_interval(options.scan_interval);
  Effects effects;
  append(effects, impl_->policy.set_options(policy_options(options), now));
  return effects;
}

base::Result<Effects> Engine::approve(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, AlertState::kApproved, actor, now);
}

base::Result<Effects> Engine::reject(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, AlertState::kRejected, actor, now);
}

base::Result<Effects> Engine::acknowledge(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, AlertState::kAcknowledged, actor, now);
}

void Engine::take_back_decision() {
  const auto service = impl_->policy.take_back_decision();
  if (service) impl_->tracker.set_verdict(*service, impl_->policy.verdict_of(*service));
}

const std::vector<model::ListenerRef>& Engine::listeners() const {
  return impl_->tracker.listeners();
}

std::size_t Engine::listener_count() const {
  return impl_->tracker.count();
}

std::map<model::Severity, std::uint64_t> Engine::open_alerts() const {
  return impl_->policy.alerts().open();
}

std::uint64_t Engine::alerts_not_raised() const {
  return impl_->policy.alerts().not_raised();
}

Memory Engine::memory() const {
  return {.open_listeners = impl_->tracker.announced(),
          .recently_closed = {},
          .baseline = impl_->policy.baseline().entries(),
          .alerts = impl_->policy.alerts().all(),
          .last_alert_id = impl_->policy.alerts().last_id(),
          .last_generation = impl_->tracker.last_generation(),
          .last_alive = std::nullopt,
          .last_boot_id = impl_->last_boot_id,
          .learning_until = impl_->policy.end_of_learning()};
}

std::optional<model::Alert> Engine::alert(base::AlertId id) const {
  const model::Alert* alert = impl_->policy.alerts().find(id);
  if (alert == nullptr) return std::nullopt;
  model::Alert now = *alert;
  if (auto listener = impl_->listener_of(*alert)) now.listener = std::move(listener);
  return now;
}

const model::Coverage& Engine::coverage() const {
  return impl_->coverage.current();
}

std::optional<base::UtcTime> Engine::learning_until() const {
  return impl_->policy.learning_until();
}

}  // namespace portwatch::core
