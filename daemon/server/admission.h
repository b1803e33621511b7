// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many may be connected at once: in all, and of each user. Pure. An eighth of all places is kept for who
// may change things, so that other users together cannot lock an administrator out.

#include <cstddef>
#include <map>

#include "common/base/error.h"
#include "daemon/server/authorizer.h"

namespace portwatch::server {

class Admission {
 public:
  Admission(std::size_t max_sessions, std::size_t max_sessions_per_user);

  /// Takes a place. Errors: kResourceExhausted, with which bound is reached.
  [[nodiscard]] base::Status admit(const Viewer& viewer);
  /// Gives back a place that admit() gave.
  void leave(const Viewer& viewer);

  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t max_sessions_;
  std::size_t max_sessions_per_user_;
  std::size_t count_ = 0;
  std::map<base::Uid, std::size_t> per_user_;
};

}  // namespace portwatch::server
