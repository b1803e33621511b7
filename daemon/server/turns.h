// SPDX-License-Identifier: Apache-2.0
#pragma once

// The work for clients, in turns on the loop: a piece at a time, by fair shares, and never so much at once
// that what else happens on the loop has to wait. A piece is a line of a client's, read and answered, or some
// events told.

#include <functional>
#include <map>
#include <memory>

#include "common/uv/every_round.h"
#include "common/uv/loop.h"
#include "daemon/server/fair_share.h"

namespace portwatch::server {

class Turns {
 public:
  /// How long the loop may be kept in one round, choosing who is next included; a single piece can take
  /// longer.
  static constexpr base::Micros kRound = std::chrono::milliseconds{1};

  explicit Turns(uv::Loop& loop) : round_(loop, [this] { run(); }) {}

  /// What was done for a user outside of any client's place, like letting one in.
  void charge(base::Uid uid, base::Micros used) { share_.charge(uid, used); }

  /// A client's place. Does nothing once it is destroyed; must not outlive the Turns.
  class Seat {
   public:
    Seat(Turns& turns, base::Uid uid, std::function<void()> take_turn);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// Has a piece of work: `take_turn` is called once, later, and may destroy the seat.
    void ask();
    /// Runs what belongs to this client out of turn, like the answer to a question that went to the store.
    /// May destroy the seat.
    void charge(const std::function<void()>& work);

   private:
    friend class Turns;
    Turns& turns_;
    base::Uid uid_;
    FairShare::MemberRef member_;
    std::shared_ptr<const std::function<void()>> take_turn_;
    std::shared_ptr<const bool> is_there_ = std::make_shared<const bool>(true);
  };

 private:
  void run();
  void run_and_charge(Seat& seat, const std::function<void()>& work);

  FairShare share_;
  std::map<const FairShare::Member*, Seat*> seats_;
  uv::EveryRound round_;
};

}  // namespace portwatch::server
