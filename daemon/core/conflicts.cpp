// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/conflicts.h"

#include <algorithm>
#include <utility>

namespace portwatch::core {
namespace {

/// Before one is noticed, its process may have ended or gone on long since.
constexpr std::size_t kMostGranted = 1024;

/// Zero: nobody that we can name.
model::ProcessKey process_of(const model::Listener& wanted) {
  return wanted.owners.empty() ? model::ProcessKey{} : wanted.owners.front()->key;
}

/// The address is taken by whoever was refused, as when 0.0.0.0 and then [::] is asked for.
bool is_own_doing(const model::ConflictDetail& detail) {
  return !detail.holders.empty() && detail.holders_left_out == 0 &&
         std::ranges::all_of(detail.holders, &model::AddressHolder::is_same_process);
}

}  // namespace

Conflicts::Place Conflicts::place_of(const model::Listener& wanted) {
  return {.service = wanted.service,
          .netns = wanted.socket.netns,
          .address = wanted.socket.endpoint.address,
          .port = wanted.socket.endpoint.port,
          .device = wanted.socket.device};
}

Conflicts::Allowance& Conflicts::allowance_of(const model::Listener& wanted, base::BootTime now) {
  const std::string& user = wanted.service.user;
  Allowance& allowance =
      allowances_.try_emplace(user.starts_with('#') ? "#" : user, Allowance{.since = now}).first->second;
  const auto earned = (now - allowance.since) / kPerEvent;
  allowance.since += earned * kPerEvent;
  allowance.left = static_cast<int>(std::min<std::int64_t>(allowance.left + earned, kEventsAtOnce));
  return allowance;
}

void Conflicts::count_try(Spell& spell, const model::Listener& wanted, const model::ConflictDetail& detail,
                          base::BootTime now) {
  const model::ProcessKey process = process_of(wanted);
  const auto granted = granted_.find(process);
  if (is_own_doing(detail) || (granted != granted_.end() && granted->second >= wanted.opened.boot)) return;
  if (spell.tries > 0 && spell.trying == process && now - spell.try_began < kTry) return;
  ++spell.tries;
  spell.trying = process;
  spell.try_began = now;
}

Conflicts::Told Conflicts::take(Spell& spell, Allowance& allowance, base::BootTime now) {
  --allowance.left;
  Told told{.wanted = spell.wanted, .detail = spell.detail, .refusals = spell.refusals};
  told.detail.others = std::exchange(allowance.others, 0);
  allowance.wanted = nullptr;
  spell.detail.count = 0;
  spell.told_at = now;
  return told;
}

Conflicts::Told Conflicts::take_others(Allowance& allowance) {
  --allowance.left;
  Told told{.wanted = std::exchange(allowance.wanted, nullptr), .detail = std::move(allowance.detail)};
  told.refusals = told.detail.count;
  told.detail.others = std::exchange(allowance.others, 0) - told.detail.count;
  return told;
}

std::optional<Conflicts::Told> Conflicts::refuse(model::ListenerRef wanted, model::ConflictDetail detail,
                                                 base::BootTime now) {
  Allowance& allowance = allowance_of(*wanted, now);
  const Place place = place_of(*wanted);
  auto known = spells_.find(place);
  const bool is_new = known == spells_.end() || now - known->second.last_at > kQuiet;
  if (is_new && allowance.left <= 0) {
    allowance.others += detail.count;
    allowance.wanted = std::move(wanted);
    allowance.detail = std::move(detail);
    return std::nullopt;
  }
  if (known == spells_.end())
    known = spells_.emplace(place, Spell{}).first;
  else if (is_new)
    known->second =
        Spell{.wanted = std::move(known->second.wanted), .detail = std::move(known->second.detail)};

  Spell& spell = known->second;
  spell.last_at = now;
  spell.refusals += detail.count;
  count_try(spell, *wanted, detail, now);
  if (spell.wanted && spell.detail.count > 0) {
    detail.count += spell.detail.count;
    detail.first_at = std::min(detail.first_at, spell.detail.first_at);
  }
  if (spell.wanted && detail.cause == model::ConflictCause::kUnknown) {
    detail.cause = spell.detail.cause;  // there was no time to look again
    detail.holders = spell.detail.holders;
    detail.holders_left_out = spell.detail.holders_left_out;
  }
  spell.wanted = std::move(wanted);
  spell.detail = std::move(detail);

  const bool becomes_trouble = spell.tries >= kTriesToAlert && !spell.is_trouble;
  const bool is_due = is_new || becomes_trouble || now - spell.told_at >= kBetweenEvents;
  if (!is_due || allowance.left <= 0) return std::nullopt;
  Told told = take(spell, allowance, now);
  told.is_trouble = becomes_trouble;
  spell.is_trouble = spell.is_trouble || becomes_trouble;
  return told;
}

void Conflicts::grant(const model::Listener& opened) {
  if (spells_.empty()) return;
  if (const auto found = spells_.find(place_of(opened)); found != spells_.end()) {
    found->second.tries = 0;
    found->second.is_trouble = false;
    found->second.refusals = 0;
  }
  if (opened.owners.empty()) return;
  const model::ProcessKey process = process_of(opened);
  if (granted_.size() >= kMostGranted) granted_.clear();
  granted_[process] = opened.opened.boot;
  for (auto& [place, spell] : spells_) {
    if (spell.tries == 0 || spell.trying != process) continue;
    --spell.tries;
    spell.trying = {};
  }
}

std::vector<Conflicts::Told> Conflicts::expire(base::BootTime now) {
  std::vector<Told> due;
  for (auto item = spells_.begin(); item != spells_.end();) {
    Spell& spell = item->second;
    Allowance& allowance = allowance_of(*spell.wanted, now);
    if (spell.detail.count > 0 && now - spell.told_at >= kBetweenEvents && allowance.left > 0)
      due.push_back(take(spell, allowance, now));
    const bool is_over = spell.detail.count == 0 && now - spell.last_at > kQuiet;
    item = is_over ? spells_.erase(item) : std::next(item);
  }
  for (auto item = allowances_.begin(); item != allowances_.end();) {
    Allowance& allowance = item->second;
    if (allowance.wanted && allowance_of(*allowance.wanted, now).left > 0)
      due.push_back(take_others(allowance));
    const bool is_full = !allowance.wanted && now - allowance.since >= kEventsAtOnce * kPerEvent;
    item = is_full ? allowances_.erase(item) : std::next(item);
  }
  if (spells_.empty()) granted_.clear();
  return due;
}

std::vector<Conflicts::Told> Conflicts::flush() {
  std::vector<Told> untold;
  for (auto& [place, spell] : spells_)
    if (spell.detail.count > 0)
      untold.push_back(take(spell, allowance_of(*spell.wanted, spell.last_at), spell.last_at));
  for (auto& [user, allowance] : allowances_)
    if (allowance.wanted) untold.push_back(take_others(allowance));
  return untold;
}

}  // namespace portwatch::core
