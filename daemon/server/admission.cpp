// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/admission.h"

#include <fmt/format.h>

#include "common/base/assert.h"

namespace portwatch::server {

Admission::Admission(std::size_t max_sessions, std::size_t max_sessions_per_user)
    : max_sessions_(max_sessions), max_sessions_per_user_(max_sessions_per_user) {}

base::Status Admission::admit(const Visitor& visitor) {
  const std::size_t kept_for_admins = visitor.viewer.role == Role::kAdmin ? 0 : max_sessions_ / 8;
  if (count_ >= max_sessions_ - kept_for_admins)
    return base::fail(base::ErrorCode::kResourceExhausted,
                      fmt::format("{} clients are connected already", count_));
  std::size_t& of_user = per_user_[visitor.account()];
  if (of_user >= max_sessions_per_user_)
    return base::fail(base::ErrorCode::kResourceExhausted,
                      visitor.account() == Visitor::kNameless
                          ? fmt::format("{} clients of users without a name are connected already", of_user)
                          : fmt::format("{} clients of the user with uid {} are connected already", of_user,
                                        visitor.viewer.uid.value));
  ++of_user;
  ++count_;
  return {};
}

void Admission::leave(const Visitor& visitor) {
  const auto place = per_user_.find(visitor.account());
  PW_ASSERT(place != per_user_.end() && place->second > 0 && count_ > 0);
  if (--place->second == 0) per_user_.erase(place);
  --count_;
}

}  // namespace portwatch::server
