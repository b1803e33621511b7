// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many may be connected at once: in all, and of each user. Pure. An eighth of all places is kept for who
// may change things, so that other users together cannot lock an administrator out.

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "daemon/server/authorizer.h"

namespace portwatch::server {

/// Who connects, and what the system calls them.
struct Visitor {
  Viewer viewer;
  std::optional<std::string> name;

  /// Whose places and turns they take: a user's own, or, without a name, those of all such users together. A
  /// user who may make user namespaces has thousands of numbers (subuid(5)), and none of them has a name.
  [[nodiscard]] base::Uid account() const {
    return viewer.role == Role::kAdmin || name ? viewer.uid : kNameless;
  }
  static constexpr base::Uid kNameless{std::numeric_limits<std::uint32_t>::max()};  ///< nobody's number
};

class Admission {
 public:
  Admission(std::size_t max_sessions, std::size_t max_sessions_per_user);

  /// Takes a place. Errors: kResourceExhausted, with which bound is reached.
  [[nodiscard]] base::Status admit(const Visitor& visitor);
  /// Gives back a place that admit() gave.
  void leave(const Visitor& visitor);

  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t max_sessions_;
  std::size_t max_sessions_per_user_;
  std::size_t count_ = 0;
  std::map<base::Uid, std::size_t> per_user_;  ///< by account
};

}  // namespace portwatch::server
