// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/turns.h"

#include <chrono>
#include <utility>

namespace portwatch::server {

Turns::Seat::Seat(Turns& turns, base::Uid uid, std::function<void()> take_turn)
    : turns_(turns),
      uid_(uid),
      member_(turns.share_.join(uid)),
      take_turn_(std::make_shared<const std::function<void()>>(std::move(take_turn))) {
  turns_.seats_.emplace(&*member_, this);
}

Turns::Seat::~Seat() {
  turns_.seats_.erase(&*member_);
  turns_.share_.leave(member_);
}

void Turns::Seat::ask() {
  turns_.share_.wait(member_);
  turns_.round_.start();
}

void Turns::Seat::charge(const std::function<void()>& work) {
  turns_.run_and_charge(*this, work);
}

void Turns::run_and_charge(Seat& seat, const std::function<void()>& work) {
  const std::weak_ptr<const bool> is_there = seat.is_there_;
  const base::Uid uid = seat.uid_;
  const auto begin = std::chrono::steady_clock::now();
  work();
  const auto used = std::chrono::ceil<base::Micros>(std::chrono::steady_clock::now() - begin);
  if (is_there.expired())
    share_.charge(uid, used);
  else
    share_.charge(seat.member_, used);
}

void Turns::run() {
  const auto end = std::chrono::steady_clock::now() + kRound;
  while (share_.is_anybody_waiting() && std::chrono::steady_clock::now() < end) {
    Seat& next = *seats_.at(&*share_.take_next());
    const auto take_turn = next.take_turn_;  // also when it destroys the seat
    run_and_charge(next, *take_turn);
  }
  if (!share_.is_anybody_waiting()) round_.stop();
}

}  // namespace portwatch::server
