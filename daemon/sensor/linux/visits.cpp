// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/visits.h"

#include <algorithm>

#include <sys/resource.h>

namespace portwatch::sensor {
namespace {

/// How often this thread gave the processor away because it had to wait. Who waits for its turn on a busy
/// machine did not.
long count_sleeps() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

bool Visits::give_up(base::Pid pid) {
  given_up_at_ = pid;
  State going = State::kGoing;
  return state_.compare_exchange_strong(going, State::kGivenUp);
}

std::optional<base::Pid> Visits::end() {
  State going = State::kGoing;
  if (state_.compare_exchange_strong(going, State::kIdle)) return std::nullopt;
  return given_up_at_;
}

Visit::Visit(Visits* visits, base::Pid pid) : visits_(visits), pid_(pid) {
  if (visits_ == nullptr) return;
  is_allowed_ = visits_->may_visit(pid);
  if (!is_allowed_) {
    visits_ = nullptr;
    return;
  }
  outer_ = std::exchange(visits_->current_, this);
  visits_->pid_ = pid.value;
  ++visits_->steps_;
  begin();
}

void Visit::begin() {
  began_ = Clock::now();
  sleeps_ = count_sleeps();
}

void Visit::end() {
  if (visits_ == nullptr) return;
  const auto began = began_;
  note_wait();
  visits_->current_ = outer_;
  visits_->pid_ = outer_ == nullptr ? 0 : outer_->pid_.value;
  ++visits_->steps_;
  if (outer_ != nullptr) outer_->began_ += Clock::now() - began;  // that was not the outer one's
  visits_ = nullptr;
}

void Visit::goes_on() {
  if (visits_ == nullptr) return;
  ++visits_->steps_;
  note_wait();
}

void Visit::note_wait() {
  const Clock::duration waited = Clock::now() - began_;
  const bool has_slept = count_sleeps() != sleeps_;
  begin();
  // Who was given up is in the book already.
  if (waited > kUnnoticed && has_slept && visits_->state_ != Visits::State::kGivenUp)
    visits_->book_->waited(
        pid_, std::chrono::duration_cast<base::Micros>(std::min<Clock::duration>(waited, kMostNoticed)));
}

}  // namespace portwatch::sensor
