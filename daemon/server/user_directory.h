// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of users, asked for off the loop: the system may ask a directory server for them, which may hang. One
// is asked for at a time, nobody waits longer than a moment, and while an answer is overdue nobody waits at
// all. Thread: the loop's, but for the asking.

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/uv/loop.h"
#include "common/uv/timer.h"
#include "common/uv/work.h"

namespace portwatch::server {

class UserDirectory {
 public:
  using Name = std::optional<std::string>;
  using Ask = std::function<Name(base::Uid uid)>;

  static constexpr base::Micros kPatience = std::chrono::milliseconds{250};
  static constexpr std::size_t kMostWaiting = 64;

  /// `ask` is called on a thread of the pool, and may block.
  UserDirectory(uv::Loop& loop, Ask ask);

  /// `done` is called once, now or later, unless this is destroyed before: with the name, or without one when
  /// there is none or it is not known in time.
  void find(base::Uid uid, std::function<void(const Name& name)> done);

  /// What was found last, however long ago.
  [[nodiscard]] Name known(base::Uid uid) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    Name name;
    Clock::time_point expires;
  };
  struct Waiting {
    base::Uid uid;
    std::function<void(const Name& name)> done;
  };

  void ask_next();
  void on_answer(base::Uid uid, Name name);
  /// Tells those that wait for this user, or all, what is known.
  void tell(std::optional<base::Uid> uid);

  Ask ask_;
  std::map<base::Uid, Answer> answers_;
  std::vector<Waiting> waiting_;
  bool is_asking_ = false;
  bool is_overdue_ = false;
  uv::Timer patience_;
  uv::Work work_;
};

}  // namespace portwatch::server
