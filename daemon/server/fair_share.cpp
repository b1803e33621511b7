// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/fair_share.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace portwatch::server {
namespace {

/// Where an account stands that takes part again when the others are at `now`.
base::Micros entering(base::Micros used, base::Micros now) {
  return std::max(used, now - FairShare::kCredit);
}

}  // namespace

FairShare::MemberRef FairShare::join(base::Uid uid) {
  forget_idle_users();
  User& user = users_[uid];
  ++user.members;
  members_.emplace_back();
  members_.back().user_ = &user;
  // A new connection is no way to more credit.
  members_.back().account_.used = user.now;
  return std::prev(members_.end());
}

void FairShare::leave(MemberRef member) {
  stop_waiting(member);
  --member->user_->members;
  members_.erase(member);
}

/// A user who has gone is remembered until having used so much makes no difference any more.
void FairShare::forget_idle_users() {
  std::erase_if(users_, [this](const auto& each) {
    const User& user = each.second;
    return user.members == 0 && user.account.used <= now_ - kCredit;
  });
}

void FairShare::wait(MemberRef member) {
  if (member->is_waiting_) return;
  member->is_waiting_ = true;
  ++waiting_;
  User& user = *member->user_;
  user.account.used = entering(user.account.used, now_);
  member->account_.used = entering(member->account_.used, user.now);
}

void FairShare::stop_waiting(MemberRef member) {
  if (!member->is_waiting_) return;
  member->is_waiting_ = false;
  --waiting_;
}

FairShare::MemberRef FairShare::take_next() {
  PW_ASSERT(waiting_ > 0);
  const auto rank = [](MemberRef member) {
    return std::pair(member->user_->account.used, member->account_.used);
  };
  MemberRef best = members_.end();
  for (MemberRef each = members_.begin(); each != members_.end(); ++each)
    if (each->is_waiting_ && (best == members_.end() || rank(each) < rank(best))) best = each;
  stop_waiting(best);
  User& user = *best->user_;
  now_ = std::max(now_, user.account.used);
  user.now = std::max(user.now, best->account_.used);
  return best;
}

void FairShare::charge(MemberRef member, base::Micros used) {
  member->user_->account.used += used;
  member->account_.used += used;
}

void FairShare::charge(base::Uid uid, base::Micros used) {
  if (const auto user = users_.find(uid); user != users_.end()) user->second.account.used += used;
}

}  // namespace portwatch::server
