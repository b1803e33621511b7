// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/engine.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "daemon/core/alert_book.h"
#include "daemon/core/baseline.h"
#include "daemon/core/coverage_watch.h"
#include "daemon/core/detectors.h"
#include "daemon/core/program_identity.h"
#include "daemon/core/reason_text.h"
#include "daemon/core/restarts.h"
#include "daemon/core/severity.h"
#include "daemon/core/tracker.h"

namespace portwatch::core {
namespace {

using model::EventKind;
using model::Verdict;

/// Clocks are read one after the other; a sleep is longer than that.
constexpr base::Micros kShortestSuspend = std::chrono::seconds{1};

constexpr std::string_view kOurselves = "portwatchd";

model::EventTime exactly(base::Moment now) {
  return {.at = now.utc, .earliest = std::nullopt, .boot = now.boot, .precision = model::Precision::kExact};
}

/// While nobody can tell servers from clients among UDP sockets, those on kernel-chosen ports are listed, no
/// more.
bool never_alerts(const model::Listener& listener) {
  return listener.socket.endpoint.protocol == net::Protocol::kUdp &&
         listener.socket.bind_intent == model::BindIntent::kUnknown;
}

Tracker::Past past_of(Memory& memory) {
  return {.open_listeners = std::move(memory.open_listeners),
          .last_generation = memory.last_generation,
          .last_alive = memory.last_alive,
          .had_first_scan = memory.learning_until.has_value()};
}

}  // namespace

struct Engine::Impl {
  Impl(Options given, Memory memory)
      : options(given),
        last_alive(memory.last_alive),
        last_boot_id(std::move(memory.last_boot_id)),
        learning_until(memory.learning_until),
        baseline(std::move(memory.baseline)),
        alerts(std::move(memory.alerts), memory.last_alert_id),
        tracker(past_of(memory)) {
    for (const model::ListenerRef& listener : tracker.listeners()) ++services[listener->service];
  }

  /// What one snapshot asks of the alerts: several sockets of a service are one concern.
  struct Concerns {
    std::vector<Concern> list;
    std::unordered_map<model::ServiceKey, std::size_t, ServiceKeyHash> by_service;
  };

  Options options;
  std::optional<base::UtcTime> last_alive;
  std::string last_boot_id;
  std::optional<base::UtcTime> learning_until;
  bool has_learning_ended = false;
  base::Micros last_suspended{};
  Baseline baseline;
  AlertBook alerts;
  Tracker tracker;
  Restarts restarts;
  CoverageWatch coverage;
  std::unordered_map<model::ServiceKey, int, ServiceKeyHash> services;  ///< how many listeners each has

  // --- Small events

  static void emit(Effects& effects, EventKind kind, base::Moment now, model::EventDetail detail,
                   model::ListenerRef listener = nullptr) {
    effects.events.push_back({.seq = {},
                              .time = exactly(now),
                              .kind = kind,
                              .listener = std::move(listener),
                              .detail = std::move(detail)});
  }

  static void emit(Effects& effects, AlertChange change, base::Moment now) {
    model::ListenerRef listener = change.alert.listener;
    emit(effects, change.kind, now, model::AlertDetail{std::move(change.alert)}, std::move(listener));
  }

  void notice_suspend(Effects& effects, base::Moment now) {
    const base::Micros slept = now.suspended - last_suspended;
    last_suspended = now.suspended;
    if (slept > kShortestSuspend) emit(effects, EventKind::kSuspended, now, model::SuspendedDetail{slept});
  }

  [[nodiscard]] bool is_learning(base::Moment now) const {
    return !has_learning_ended && learning_until && now.utc < *learning_until;
  }

  void leave(const model::ServiceKey& service) {
    const auto found = services.find(service);
    if (found != services.end() && --found->second == 0) services.erase(found);
  }

  void close(Effects& effects, const model::ListenerRef& listener, base::Moment now) {
    leave(listener->service);
    restarts.add(listener, now.boot);
    effects.events.push_back({.seq = {},
                              .time = *listener->closed,
                              .kind = EventKind::kClosed,
                              .listener = listener,
                              .detail = std::monostate{}});
  }

  // --- Judging

  /// What speaks against holders that the baseline does not speak for. The program that is known here may
  /// have been replaced on disk by an update; another one that shares its socket is not covered by that.
  [[nodiscard]] std::vector<model::Reason> objections_to(const model::Listener& listener,
                                                         const model::BaselineEntry* entry) const {
    if (entry == nullptr) return objections(listener.owners);
    if (entry->origin == model::BaselineOrigin::kApproved) return {};
    std::vector<model::ProcessRef> others;
    for (const model::ProcessRef& owner : listener.owners)
      if (identity_of(*owner) != listener.program) others.push_back(owner);
    return objections(others);
  }

  /// `former`: the listener when another program held it; null when it has just opened.
  void judge(Concerns& concerns, const std::shared_ptr<model::Listener>& listener,
             const model::Listener* former, base::Moment now) {
    const model::BaselineEntry* entry = baseline.find(listener->service);
    listener->verdict = entry != nullptr ? Verdict::kKnown : Verdict::kUnknown;
    if (never_alerts(*listener)) return;
    std::vector<model::Reason> reasons = objections_to(*listener, entry);
    if (entry == nullptr) {
      const bool has_been_seen = alerts.find(listener->service) != nullptr;
      reasons.push_back(
          unknown_listener(*listener, former, has_been_seen, baseline.nearest(listener->service)));
    }
    if (!reasons.empty()) add_concern(concerns, listener, std::move(reasons), now);
  }

  /// Called before the listener counts among those of its service.
  void add_concern(Concerns& concerns, const model::ListenerRef& listener, std::vector<model::Reason> reasons,
                   base::Moment now) {
    const auto [place, is_new] = concerns.by_service.try_emplace(listener->service, concerns.list.size());
    if (is_new) {
      const bool was_away = !services.contains(listener->service);
      const model::Alert* alert = alerts.find(listener->service);
      if (was_away && alert != nullptr && alert->state == model::AlertState::kRejected)
        reasons.insert(reasons.begin(), rejected_returned(*alert));
      concerns.list.push_back({.listener = listener, .reasons = {}, .is_opening = was_away});
    }
    Concern& concern = concerns.list[place->second];
    for (model::Reason& reason : reasons)
      if (std::ranges::find(concern.reasons, reason.code, &model::Reason::code) == concern.reasons.end())
        concern.reasons.push_back(std::move(reason));
    weigh(concern, now);
  }

  void weigh(Concern& concern, base::Moment now) const {
    const model::Exposure exposure = concern.listener->exposure;
    sort_loudest_first(concern.reasons, exposure, options.profile);
    concern.severity = severity_of(concern.reasons.front().code, exposure, options.profile);
    const bool is_merely_unknown = std::ranges::all_of(concern.reasons, [](const model::Reason& reason) {
      return reason.code == model::ReasonCode::kUnknownListener;
    });
    concern.delivery =
        is_merely_unknown && is_learning(now) ? model::Delivery::kAfterLearning : model::Delivery::kNow;
  }

  // --- One snapshot

  void open(Effects& effects, Concerns& concerns, const Observation::Opened& opened, base::Moment now) {
    if (!opened.is_first_scan) judge(concerns, opened.listener, nullptr, now);
    ++services[opened.listener->service];
    effects.events.push_back({.seq = {},
                              .time = opened.listener->opened,
                              .kind = EventKind::kOpened,
                              .listener = opened.listener,
                              .detail = model::OpenedDetail{restarts.take(*opened.listener), std::nullopt}});
  }

  /// What is there at the first scan belongs here, unless something plainly speaks against it.
  std::vector<model::BaselineEntry> learn(Concerns& concerns, const std::vector<Observation::Opened>& opened,
                                          base::Moment now) {
    std::set<model::ServiceKey> rejected;
    for (const auto& [listener, is_first_scan] : opened) {
      if (!is_first_scan || never_alerts(*listener)) continue;
      std::vector<model::Reason> reasons = objections_to(*listener, baseline.find(listener->service));
      if (reasons.empty()) continue;
      if (baseline.find(listener->service) == nullptr) rejected.insert(listener->service);
      add_concern(concerns, listener, std::move(reasons), now);
    }
    std::vector<model::BaselineEntry> added;
    for (const auto& [listener, is_first_scan] : opened) {
      if (!is_first_scan) continue;
      const bool belongs = !rejected.contains(listener->service);
      listener->verdict = belongs ? Verdict::kKnown : Verdict::kUnknown;
      if (!belongs || baseline.find(listener->service) != nullptr) continue;
      added.push_back({.service = listener->service,
                       .label = listener->program.label,
                       .origin = model::BaselineOrigin::kFirstScan,
                       .added_at = now.utc,
                       .added_by = std::string(kOurselves)});
      baseline.add(added.back());
    }
    std::ranges::sort(added, {}, &model::BaselineEntry::service);
    return added;
  }

  void change_owner(Effects& effects, Concerns& concerns, const Observation::OwnerChanged& change,
                    base::Moment now) {
    model::Listener& listener = *change.listener;
    if (listener.service != change.before->service) {
      leave(change.before->service);
      judge(concerns, change.listener, change.before.get(), now);
      ++services[listener.service];
    } else if (!never_alerts(listener)) {
      std::vector<model::Reason> reasons = objections_to(listener, baseline.find(listener.service));
      if (!reasons.empty()) add_concern(concerns, change.listener, std::move(reasons), now);
    }
    effects.events.push_back({.seq = {},
                              .time = change.time,
                              .kind = EventKind::kOwnerChanged,
                              .listener = change.listener,
                              .detail = model::OwnerChangedDetail{change.added, change.removed}});
  }

  Effects on_snapshot(const model::Snapshot& snapshot, base::Moment now) {
    Effects effects;
    notice_suspend(effects, now);
    if (coverage.update(snapshot.coverage))
      emit(effects, EventKind::kCoverageChanged, now, model::CoverageDetail{snapshot.coverage});

    const Observation seen = tracker.observe(snapshot, now);
    effects.look_again = seen.look_again;
    restarts.expire(now.boot);
    for (const model::ListenerRef& listener : seen.closed) close(effects, listener, now);

    Concerns concerns;
    std::vector<model::BaselineEntry> learned = learn(concerns, seen.opened, now);
    for (const Observation::Opened& opened : seen.opened) open(effects, concerns, opened, now);
    for (const Observation::OwnerChanged& change : seen.owner_changed)
      change_owner(effects, concerns, change, now);
    for (const std::shared_ptr<model::Listener>& listener : seen.held)
      listener->verdict = baseline.find(listener->service) != nullptr ? Verdict::kKnown : Verdict::kUnknown;

    const bool is_first_scan = !learning_until;
    if (is_first_scan) learning_until = now.utc + options.learning;
    if (is_first_scan || !learned.empty())
      emit(effects, EventKind::kPolicyChanged, now,
           model::PolicyDetail{std::move(learned), is_first_scan ? learning_until : std::nullopt});
    for (Concern& concern : concerns.list)
      if (auto change = alerts.raise(std::move(concern), now.utc)) emit(effects, std::move(*change), now);
    return effects;
  }

  // --- A person's word

  base::Result<Effects> decide(base::AlertId id, model::AlertState state, const std::string& actor,
                               base::Moment now) {
    const model::Alert* alert = alerts.find(id);
    model::ListenerRef listener = alert == nullptr ? nullptr : tracker.find(alert->listener->key);
    if (listener && listener->service != alert->listener->service) listener = nullptr;
    if (listener && state == model::AlertState::kApproved) {
      auto known = std::make_shared<model::Listener>(*listener);
      known->verdict = Verdict::kKnown;
      listener = std::move(known);
    }
    auto change = alerts.set_state(id, state, actor, std::move(listener));
    if (!change) return std::unexpected(std::move(change).error());

    Effects effects;
    if (state == model::AlertState::kApproved) {
      const model::Listener& approved = *change->alert.listener;
      model::BaselineEntry entry{.service = approved.service,
                                 .label = approved.program.label,
                                 .origin = model::BaselineOrigin::kApproved,
                                 .added_at = now.utc,
                                 .added_by = actor};
      baseline.add(entry);
      tracker.set_verdict(approved.service, Verdict::kKnown);
      emit(effects, EventKind::kPolicyChanged, now, model::PolicyDetail{{std::move(entry)}, std::nullopt});
    }
    emit(effects, std::move(*change), now);
    return effects;
  }
};

Engine::Engine(Options options, Memory memory) : impl_(std::make_unique<Impl>(options, std::move(memory))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Effects Engine::start(model::StartedDetail detail, const std::string& boot_id, base::Moment now) {
  Effects effects;
  impl_->last_suspended = now.suspended;
  Impl::emit(effects, EventKind::kStarted, now, std::move(detail));
  if (impl_->last_alive) {
    const bool is_same_boot = impl_->last_boot_id == boot_id;
    Impl::emit(effects, EventKind::kGap, now,
               model::GapDetail{*impl_->last_alive, std::max(now.utc, *impl_->last_alive),
                                is_same_boot ? "portwatchd was not running" : "the machine restarted"});
  }
  for (const model::ListenerRef& listener : impl_->tracker.start(boot_id, now))
    impl_->close(effects, listener, now);
  return effects;
}

Effects Engine::on_snapshot(const model::Snapshot& snapshot, base::Moment now) {
  return impl_->on_snapshot(snapshot, now);
}

Effects Engine::on_tick(base::Moment now) {
  Effects effects;
  impl_->notice_suspend(effects, now);
  if (!impl_->has_learning_ended && impl_->learning_until && now.utc >= *impl_->learning_until) {
    impl_->has_learning_ended = true;
    for (AlertChange& change : impl_->alerts.release()) Impl::emit(effects, std::move(change), now);
  }
  return effects;
}

Effects Engine::stop(base::Moment now) {
  Effects effects;
  Impl::emit(effects, EventKind::kStopped, now, std::monostate{});
  return effects;
}

void Engine::set_options(Options options) {
  impl_->options = options;
}

base::Result<Effects> Engine::approve(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, model::AlertState::kApproved, actor, now);
}

base::Result<Effects> Engine::reject(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, model::AlertState::kRejected, actor, now);
}

base::Result<Effects> Engine::acknowledge(base::AlertId id, const std::string& actor, base::Moment now) {
  return impl_->decide(id, model::AlertState::kAcknowledged, actor, now);
}

std::vector<model::ListenerRef> Engine::listeners() const {
  return impl_->tracker.listeners();
}

std::vector<model::Alert> Engine::alerts() const {
  return impl_->alerts.all();
}

const model::Coverage& Engine::coverage() const {
  return impl_->coverage.current();
}

std::optional<base::UtcTime> Engine::learning_until() const {
  return impl_->has_learning_ended ? std::nullopt : impl_->learning_until;
}

}  // namespace portwatch::core
