// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who of those that wait is next: the user who had least of our time, and of that user's clients the one who
// had least. Who was quiet for a while goes first, but saves up no more than a little. So one client, or all
// of one user's, can be as busy as they like: another's question waits for the piece of work that is under
// way and hardly for more. Pure: time that was used is told.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>

#include "common/base/strong_type.h"
#include "common/base/time.h"

namespace portwatch::server {

class FairShare {
  struct Account {
    base::Micros used{};
  };
  struct User {
    Account account;
    base::Micros now{};  ///< what the least busy of its waiting clients had used when one was chosen last
    std::size_t members = 0;
  };

 public:
  /// How far ahead of the others may be who was quiet.
  static constexpr base::Micros kCredit = std::chrono::milliseconds{20};

  /// One client's place, from join() to leave().
  class Member {
    friend class FairShare;
    User* user_ = nullptr;
    Account account_;
    bool is_waiting_ = false;
  };
  using MemberRef = std::list<Member>::iterator;

  [[nodiscard]] MemberRef join(base::Uid uid);
  void leave(MemberRef member);

  /// Has something to do.
  void wait(MemberRef member);
  void stop_waiting(MemberRef member);
  [[nodiscard]] bool is_anybody_waiting() const { return waiting_ > 0; }

  /// Who is next; it does not wait any more. Somebody must be waiting.
  [[nodiscard]] MemberRef take_next();
  /// What was done for it took so long.
  void charge(MemberRef member, base::Micros used);
  /// The same for one who has left meanwhile.
  void charge(base::Uid uid, base::Micros used);

 private:
  void forget_idle_users();

  std::list<Member> members_;
  std::map<base::Uid, User> users_;  ///< where one stands is where it stays
  base::Micros now_{};
  std::size_t waiting_ = 0;
};

}  // namespace portwatch::server
