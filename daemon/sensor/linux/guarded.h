// SPDX-License-Identifier: Apache-2.0
#pragma once

// Something that looks into processes, on a thread that is left behind when one of them keeps it waiting.
// Then there is a new object, which knows whom to leave alone.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "daemon/sensor/linux/helper_thread.h"
#include "daemon/sensor/linux/visits.h"
#include "daemon/sensor/linux/wait_book.h"

namespace portwatch::sensor {

template <class Looker>
class Guarded {
 public:
  using Make = std::function<std::shared_ptr<Looker>(std::shared_ptr<Visits>)>;

  /// `patience`: how long a visit may take in which nothing gets on.
  Guarded(std::shared_ptr<WaitBook> book, base::Micros patience, Make make)
      : book_(std::move(book)), patience_(patience), make_(std::move(make)) {
    renew();
  }

  /// The one that is used now. Thread: any.
  [[nodiscard]] std::shared_ptr<Looker> looker() const {
    const std::scoped_lock lock(mutex_);
    return looker_;
  }

  /// What `job(Looker&)` gives; nothing when a process kept it waiting, which is in the book then. The job
  /// must own what else it uses. Thread: one at a time; takes as long as the job gets on.
  template <class Job>
  [[nodiscard]] auto run(Job job) {
    visits_->begin();
    auto at_work = [looker = looker_, visits = visits_, book = book_, job = std::move(job)]() mutable {
      auto result = job(*looker);
      if (const auto waited_for = visits->end()) book->came_back(*waited_for);
      return result;
    };
    const base::Micros tick = patience_ / kTicks;
    Visits::Place last = visits_->place();
    base::Micros waited{};
    // Ticks are counted, not time: somebody may have stopped all of us for a while.
    auto result = helper_.run(std::move(at_work), tick, [&] {
      const Visits::Place place = visits_->place();
      waited = place == last && place.pid.value != 0 ? waited + tick : base::Micros{};
      last = place;
      return waited < patience_;
    });
    if (!result) leave_behind(last.pid);
    return result;
  }

 private:
  static constexpr int kTicks = 8;

  void leave_behind(base::Pid pid) {
    book_->left_behind(pid, patience_);
    if (!visits_->give_up(pid)) book_->came_back(pid);
    renew();
  }

  void renew() {
    visits_ = std::make_shared<Visits>(book_);
    auto looker = make_(visits_);
    const std::scoped_lock lock(mutex_);
    looker_ = std::move(looker);
  }

  std::shared_ptr<WaitBook> book_;
  base::Micros patience_;
  Make make_;
  std::shared_ptr<Visits> visits_;
  HelperThread helper_;
  mutable std::mutex mutex_;
  std::shared_ptr<Looker> looker_;  ///< written under the mutex, by the thread that runs jobs
};

}  // namespace portwatch::sensor
