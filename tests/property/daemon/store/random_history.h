// SPDX-License-Identifier: Apache-2.0
#pragma once

// A machine on which programs start, end, fork and are judged at random: its events in order, as the core
// would write them.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/log_samples.h"
#include "tests/support/random.h"
#include "tests/support/random_model.h"

namespace portwatch::test {

class RandomHistory {
 public:
  explicit RandomHistory(Random& random) : random_(random) {}

  /// What happens next: one to five events.
  std::vector<model::Event> next_group() {
    std::vector<model::Event> group;
    for (std::uint64_t i = 0, count = 1 + random_.below(5); i < count; ++i) group.push_back(next());
    return group;
  }

  /// The last time that anything happened at.
  [[nodiscard]] std::int64_t now() const { return now_; }

 private:
  model::Event next() {
    // The clock stands still, goes on, and is sometimes set back.
    now_ += random_.chance(4) ? -static_cast<std::int64_t>(random_.below(50))
                              : static_cast<std::int64_t>(random_.below(4));
    if (open_.empty() || random_.chance(35)) return open();
    model::Listener& listener = open_[random_.below(open_.size())];
    switch (random_.below(5)) {
      case 0: return owner_changed_event(listener, some_owners(), now_);
      case 1: return alert(listener);
      case 2: return policy(listener);
      default: return close();
    }
  }

  std::vector<model::ProcessRef> some_owners() {
    std::map<std::int32_t, model::ProcessRef> owners;
    for (std::uint64_t i = 0, count = random_.below(4); i < count; ++i) {
      const auto pid = static_cast<std::int32_t>(100 + random_.below(6));
      model::Process process = *sample_owner(pid, random_.pick(names_));
      if (random_.chance(40)) process.unit = random_.pick(names_) + ".service";
      owners[pid] = share(std::move(process));
    }
    std::vector<model::ProcessRef> list;
    for (auto& [pid, owner] : owners) list.push_back(std::move(owner));
    return list;
  }

  model::Event open() {
    model::Listener listener =
        sample_listener(static_cast<std::uint16_t>(8000 + random_.below(4)), ++generation_);
    listener.opened = polled_at(now_);
    listener.owners = some_owners();
    listener.program.label = random_.pick(names_) + " " + random_.pick(names_);
    listener.service.program = listener.program.label;
    listener.service.user = random_.pick(names_);
    if (random_.chance(30)) listener.socket.endpoint.protocol = net::Protocol::kUdp;
    if (random_.chance(30)) listener.socket.endpoint.address = net::IpAddress();
    if (random_.chance(30)) listener.verdict = model::Verdict::kKnown;
    model::Event event = opened_event(listener);
    if (!closed_.empty() && random_.chance(30))
      event.detail = model::OpenedDetail{.replaces = random_.pick(closed_), .replaces_seq = std::nullopt};
    open_.push_back(std::move(listener));
    return event;
  }

  model::Event close() {
    const auto place = open_.begin() + static_cast<std::ptrdiff_t>(random_.below(open_.size()));
    model::Listener listener = std::move(*place);
    open_.erase(place);
    closed_.push_back(listener.key);
    listener.ending = random_ending(random_);
    return closed_event(listener, now_);
  }

  /// A new alert or a change of an old one; sometimes with the listener as it was long ago.
  model::Event alert(const model::Listener& listener) {
    if (alerts_.empty() || random_.chance(50)) {
      alerts_.push_back(make_alert(std::ssize(alerts_) + 1, listener));
      alerts_.back().last_seen_at = at(now_);
      return alert_event(model::EventKind::kAlertRaised, alerts_.back(), now_);
    }
    model::Alert& changed = alerts_[random_.below(alerts_.size())];
    changed.state = static_cast<model::AlertState>(random_.below(4));
    changed.last_seen_at = at(now_);
    if (random_.chance(30)) changed.listener = share(listener);
    return alert_event(model::EventKind::kAlertChanged, changed, now_);
  }

  model::Event policy(const model::Listener& approved) {
    const model::ServiceKey service = approved.service;
    model::Event event = policy_event({make_baseline_entry(approved)}, now_);
    for (model::Listener& listener : open_)
      if (listener.service == service && listener.verdict == model::Verdict::kUnknown)
        listener.verdict = model::Verdict::kKnown;
    return event;
  }

  Random& random_;
  const std::vector<std::string> names_{"node", "nginx", "python3.11", "postgres"};
  std::int64_t now_ = 0;
  std::int64_t generation_ = 0;
  std::vector<model::Listener> open_;
  std::vector<model::ListenerKey> closed_;
  std::vector<model::Alert> alerts_;
};

}  // namespace portwatch::test
