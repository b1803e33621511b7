// SPDX-License-Identifier: Apache-2.0
#pragma once

// A thread of its own for what may never end. A thread that waits in the kernel cannot be called back; it can
// only be left behind.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "common/base/time.h"

namespace portwatch::sensor {

/// Thread: one at a time.
class HelperThread {
 public:
  HelperThread() = default;
  ~HelperThread();
  HelperThread(const HelperThread&) = delete;
  HelperThread& operator=(const HelperThread&) = delete;

  /// What the job gives. Nothing when `gets_on`, which is asked every `tick` while the job runs, says that it
  /// does not: then its thread is left behind with it, and the next job has another one. So the job must own
  /// what it uses.
  template <class Job>
  [[nodiscard]] auto run(Job job, base::Micros tick, const std::function<bool()>& gets_on) {
    using Outcome = std::optional<std::invoke_result_t<Job&>>;
    auto outcome = std::make_shared<Outcome>();
    const bool is_done =
        run_to_its_end([outcome, job = std::move(job)]() mutable { outcome->emplace(job()); }, tick, gets_on);
    return is_done ? std::move(*outcome) : Outcome();
  }

  /// Threads of this process that were left behind and have not ended. While there are some, the process must
  /// end without what waits for all its threads.
  [[nodiscard]] static std::size_t left_behind();

 private:
  struct Desk;
  bool run_to_its_end(std::function<void()> job, base::Micros tick, const std::function<bool()>& gets_on);
  static void serve(const std::shared_ptr<Desk>& desk);

  std::shared_ptr<Desk> desk_;  ///< what both threads share; null: there is no thread
  std::thread thread_;
};

}  // namespace portwatch::sensor
