// SPDX-License-Identifier: Apache-2.0
#pragma once

// Blocking jobs on libuv's thread pool (4 threads unless UV_THREADPOOL_SIZE says otherwise), with their
// results delivered on the loop. Jobs of one Work may run at the same time.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "common/uv/loop.h"

namespace portwatch::uv {

class Work {
 public:
  explicit Work(Loop& loop);
  /// From here on no `done` is called. Jobs that did not start are dropped; those that run are finished by
  /// the pool, so what a job uses must be owned by it or live until the Loop is destroyed, which waits for
  /// them.
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// Runs `job` on the pool, then `done(its result)` on the loop. A job passes values in and a value out; it
  /// shares nothing with the loop's thread. `done` may destroy the Work.
  template <class Job, class Done>
    requires(!std::is_void_v<std::invoke_result_t<Job&>>)
  void run(Job job, Done done) {
    using Outcome = std::optional<std::invoke_result_t<Job&>>;
    auto outcome = std::make_shared<Outcome>();
    submit([outcome, job = std::move(job)]() mutable { outcome->emplace(job()); },
           [outcome, done = std::move(done)]() mutable { done(std::move(**outcome)); });
  }
  template <class Job, class Done>
    requires(std::is_void_v<std::invoke_result_t<Job&>>)
  void run(Job job, Done done) {
    submit(std::move(job), std::move(done));
  }

  /// How many jobs have not been delivered yet.
  [[nodiscard]] std::size_t outstanding() const noexcept;

 private:
  struct Owner;
  struct Request;
  void submit(std::function<void()> job, std::function<void()> done);

  Loop* loop_;
  std::shared_ptr<Owner> owner_;
};

}  // namespace portwatch::uv
