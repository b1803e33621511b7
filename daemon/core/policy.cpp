// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/policy.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "common/model/has_reason.h"
#include "daemon/core/detectors.h"
#include "daemon/core/exact_event.h"
#include "daemon/core/program_identity.h"
#include "daemon/core/reason_text.h"
#include "daemon/core/severity.h"

namespace portwatch::core {
namespace {

using model::AlertState;
using model::BaselineOrigin;
using model::EventKind;
using model::Verdict;

constexpr std::string_view kOurselves = "portwatchd";

/// While nobody can tell servers from clients among UDP sockets, those on kernel-chosen ports are listed, no
/// more.
bool never_alerts(const model::Listener& listener) {
  return listener.socket.endpoint.protocol == net::Protocol::kUdp &&
         listener.socket.bind_intent == model::BindIntent::kUnknown;
}

/// An alert may also be about one who never got the address.
bool has_listened(const model::Alert& alert) {
  return std::ranges::any_of(alert.reasons, [](const model::Reason& reason) {
    return reason.code != model::ReasonCode::kBindConflict;
  });
}

/// Who holds it could not be asked, and now can be: nothing changed hands. A program under a weak name is
/// never revealed: whoever has a better one may have got it by an exec.
bool is_revealed(const model::Listener& former, const model::Listener& listener) {
  if (former.program.kind != model::ProgramKind::kUnattributed) return false;
  if (listener.program.kind == model::ProgramKind::kUnattributed) return false;
  return former.attribution == model::Attribution::kDenied ||
         former.attribution == model::Attribution::kOtherNamespace;
}

}  // namespace

Policy::Policy(Options options, Past past)
    : options_(options),
      learning_until_(past.learning_until),
      baseline_(std::move(past.baseline)),
      alerts_(std::move(past.alerts), past.last_alert_id) {
  for (const model::ListenerRef& listener : past.open_listeners) ++listening_[listener->service];
}

void Policy::start(base::Moment now) {
  if (!learning_until_) return;
  const base::Micros left = *learning_until_ - now.utc;
  const base::Micros longest = std::max(options_.learning, base::Micros{});
  learning_ends_ = now.boot + std::clamp(left, base::Micros{}, longest);
  if (left > longest) learning_until_ = now.utc + longest;
}

std::vector<model::Event> Policy::set_options(Options options, base::Moment now) {
  const base::Micros before = std::exchange(options_, options).learning;
  if (options.learning == before || !is_learning(now)) return {};
  const base::Micros left = std::max(*learning_ends_ - now.boot + options.learning - before, base::Micros{});
  learning_ends_ = now.boot + left;
  learning_until_ = now.utc + left;
  return {exact_event(EventKind::kPolicyChanged, now, model::PolicyDetail{{}, learning_until_})};
}

void Policy::close(const model::Listener& listener) {
  leave(listener.service);
}

void Policy::leave(const model::ServiceKey& service) {
  const auto found = listening_.find(service);
  if (found != listening_.end() && --found->second == 0) listening_.erase(found);
}

bool Policy::is_learning(base::Moment now) const {
  return !has_learning_ended_ && learning_ends_ && now.boot < *learning_ends_;
}

std::optional<base::UtcTime> Policy::learning_until() const {
  return has_learning_ended_ ? std::nullopt : learning_until_;
}

/// What speaks against holders that the baseline does not speak for. A program that is known may have been
/// replaced on disk by an update; another one that shares its socket is not covered by that.
Policy::Reasons Policy::objections_to(const model::Listener& listener,
                                      const model::BaselineEntry* entry) const {
  if (never_alerts(listener)) return {};
  if (entry == nullptr) return objections(listener.owners);
  if (entry->origin == BaselineOrigin::kApproved) return {};
  std::vector<model::ProcessRef> others;
  for (const model::ProcessRef& owner : listener.owners)
    if (!same_program(identity_of(*owner), listener.program)) others.push_back(owner);
  return objections(others);
}

Policy::Reasons Policy::unknown(const model::Listener& listener, const model::Listener* former) const {
  if (never_alerts(listener)) return {};
  const model::Alert* alert = alerts_.find(listener.service);
  const bool has_been_seen = alert != nullptr && has_listened(*alert);
  Reasons reasons{unknown_listener(listener, former != nullptr, has_been_seen)};
  if (auto quoting = comparison(former, baseline_.nearest(listener.service, listener.program.label)))
    reasons.push_back(std::move(*quoting));
  return reasons;
}

Verdict Policy::verdict_of(const model::ServiceKey& service) const {
  return baseline_.find(service) != nullptr ? Verdict::kKnown : Verdict::kUnknown;
}

void Policy::preview(model::Listener& listener) const {
  listener.verdict = verdict_of(listener.service);
}

/// `former`: the listener when another program held it; null when it has just opened.
void Policy::judge(const std::shared_ptr<model::Listener>& listener, const model::Listener* former,
                   base::Moment now) {
  preview(*listener);
  const model::BaselineEntry* entry = baseline_.find(listener->service);
  Reasons reasons = objections_to(*listener, entry);
  if (entry == nullptr)
    for (model::Reason& reason : unknown(*listener, former)) reasons.push_back(std::move(reason));
  add_concern(listener, std::move(reasons), now);
}

/// What the first scan found belongs here, also when it is only named now. What a person said of a holder
/// without a name says nothing about a program.
void Policy::reveal(const std::shared_ptr<model::Listener>& listener, const model::Listener& former,
                    base::Moment now) {
  const model::BaselineEntry* former_entry = baseline_.find(former.service);
  const bool was_there = former_entry != nullptr && former_entry->origin == BaselineOrigin::kFirstScan;
  if (was_there && baseline_.find(listener->service) == nullptr && objections_to(*listener, nullptr).empty())
    add_to_baseline(*listener, BaselineOrigin::kFirstScan, kOurselves, now);
  judge(listener, nullptr, now);
}

/// Called before the listener counts among those of its service.
void Policy::add_concern(const model::ListenerRef& listener, Reasons reasons, base::Moment now) {
  if (reasons.empty()) return;
  const auto [place, is_new] = concern_of_.try_emplace(listener->service, concerns_.size());
  if (is_new) {
    const bool was_away = !listening_.contains(listener->service);
    const model::Alert* alert = alerts_.find(listener->service);
    if (was_away && alert != nullptr && alert->state == AlertState::kRejected)
      reasons.insert(reasons.begin(), rejected_returned(*alert));
    concerns_.push_back({.listener = listener, .reasons = {}, .is_opening = was_away});
  }
  Concern& concern = concerns_[place->second];
  for (model::Reason& reason : reasons)
    if (!model::has_reason(concern.reasons, reason.code)) concern.reasons.push_back(std::move(reason));
  weigh(concern, now);
}

void Policy::weigh(Concern& concern, base::Moment now) const {
  const model::Exposure exposure = concern.listener->exposure;
  sort_loudest_first(concern.reasons, exposure, options_.profile);
  concern.severity = severity_of(concern.reasons.front().code, exposure, options_.profile);
  const bool is_merely_unknown = std::ranges::all_of(concern.reasons, [](const model::Reason& reason) {
    return reason.code == model::ReasonCode::kUnknownListener ||
           reason.code == model::ReasonCode::kComparison;
  });
  concern.delivery =
      is_merely_unknown && is_learning(now) ? model::Delivery::kAfterLearning : model::Delivery::kNow;
}

void Policy::add_to_baseline(const model::Listener& listener, BaselineOrigin origin, std::string_view by,
                             base::Moment now) {
  learned_.push_back({.service = listener.service,
                      .label = listener.program.label,
                      .origin = origin,
                      .added_at = now.utc,
                      .added_by = std::string(by)});
  baseline_.add(learned_.back());
}

void Policy::learn(const std::vector<Changes::Opened>& opened, base::Moment now) {
  std::unordered_set<model::ServiceKey, ServiceKeyHash> refused;
  for (const auto& [listener, is_first_scan, is_over] : opened) {
    if (!is_first_scan) continue;
    const model::BaselineEntry* entry = baseline_.find(listener->service);
    Reasons reasons = objections_to(*listener, entry);
    if (!reasons.empty() && entry == nullptr) refused.insert(listener->service);
    add_concern(listener, std::move(reasons), now);
  }
  for (const auto& [listener, is_first_scan, is_over] : opened) {
    if (!is_first_scan) continue;
    const bool is_new = baseline_.find(listener->service) == nullptr;
    if (is_new && !refused.contains(listener->service))
      add_to_baseline(*listener, BaselineOrigin::kFirstScan, kOurselves, now);
    preview(*listener);
  }
}

void Policy::open(const Changes::Opened& opened, base::Moment now) {
  if (!opened.is_first_scan) judge(opened.listener, nullptr, now);
  ++listening_[opened.listener->service];
}

void Policy::change_owner(const Changes::OwnerChanged& change, base::Moment now) {
  const std::shared_ptr<model::Listener>& listener = change.listener;
  if (listener->service == change.before->service) {
    add_concern(listener, objections_to(*listener, baseline_.find(listener->service)), now);
    return;
  }
  leave(change.before->service);
  if (change.is_port_named)
    judge(listener, nullptr, now);
  else if (is_revealed(*change.before, *listener))
    reveal(listener, *change.before, now);
  else
    judge(listener, change.before.get(), now);
  ++listening_[listener->service];
}

void Policy::complain(const model::ListenerRef& wanted, model::Reason reason, base::Moment now) {
  const model::BaselineEntry* entry = baseline_.find(wanted->service);
  if (entry != nullptr && entry->origin == BaselineOrigin::kApproved) return;
  const model::Alert* alert = alerts_.find(wanted->service);
  if (alert != nullptr && alert->state == AlertState::kRejected) return;  // it must not listen, and does not
  add_concern(wanted, {std::move(reason)}, now);
}

std::vector<model::Event> Policy::finish(base::Moment now) {
  std::vector<model::Event> events;
  const bool is_first_scan = !learning_until_;
  if (is_first_scan) {
    learning_until_ = now.utc + options_.learning;
    learning_ends_ = now.boot + options_.learning;
  }
  if (is_first_scan || !learned_.empty()) {
    std::ranges::sort(learned_, {}, &model::BaselineEntry::service);
    events.push_back(exact_event(
        EventKind::kPolicyChanged, now,
        model::PolicyDetail{std::move(learned_), is_first_scan ? learning_until_ : std::nullopt}));
  }
  for (Concern& concern : concerns_)
    if (auto change = alerts_.raise(std::move(concern), now.utc)) changes_.push_back(std::move(*change));
  for (AlertChange& change : changes_) events.push_back(to_event(std::move(change), now));
  learned_.clear();
  concerns_.clear();
  concern_of_.clear();
  changes_.clear();
  return events;
}

base::Result<std::vector<model::Event>> Policy::decide(base::AlertId id, AlertState state,
                                                       const std::string& actor, model::ListenerRef listener,
                                                       base::Moment now) {
  const model::Alert* alert = alerts_.find(id);
  if (alert != nullptr && state == AlertState::kApproved) {
    auto known = std::make_shared<model::Listener>(listener ? *listener : *alert->listener);
    known->verdict = Verdict::kKnown;
    listener = std::move(known);
  }
  const auto before = alert != nullptr ? std::optional(*alert) : std::nullopt;
  auto change = alerts_.set_state(id, state, actor, std::move(listener));
  if (!change) return std::unexpected(std::move(change).error());

  const model::BaselineEntry* entry = baseline_.find(change->alert.listener->service);
  last_decision_ = {.before = *before,
                    .is_approval = state == AlertState::kApproved,
                    .entry_before = entry != nullptr ? std::optional(*entry) : std::nullopt};
  std::vector<model::Event> events;
  if (state == AlertState::kApproved) {
    add_to_baseline(*change->alert.listener, BaselineOrigin::kApproved, actor, now);
    events.push_back(exact_event(EventKind::kPolicyChanged, now,
                                 model::PolicyDetail{std::exchange(learned_, {}), std::nullopt}));
  }
  events.push_back(to_event(std::move(*change), now));
  return events;
}

std::optional<model::ServiceKey> Policy::take_back_decision() {
  const auto decision = std::exchange(last_decision_, std::nullopt);
  if (!decision) return std::nullopt;
  const model::ServiceKey service = decision->before.listener->service;
  if (decision->is_approval) {
    baseline_.remove(service);
    if (decision->entry_before) baseline_.add(*decision->entry_before);
  }
  alerts_.put_back(decision->before);
  return service;
}

std::vector<model::Event> Policy::end_learning(base::Moment now) {
  std::vector<model::Event> events;
  if (has_learning_ended_ || !learning_ends_ || now.boot < *learning_ends_) return events;
  has_learning_ended_ = true;
  for (AlertChange& change : alerts_.release()) events.push_back(to_event(std::move(change), now));
  return events;
}

}  // namespace portwatch::core
