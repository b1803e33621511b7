// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way from other threads to the loop: functions that are to run on it, in the order in which they were
// sent. Sending is the only thing in common/uv that any thread may do. While it is there it keeps the loop
// alive.

#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/uv/loop.h"

namespace portwatch::uv {

class Async {
  struct Block;
  struct Queue;

 public:
  /// What other threads keep: cheap to copy, and safe to use after the Async is gone.
  class Sender {
   public:
    /// Runs `job` on the loop, soon. Returns whether it was taken; what is sent after the Async is gone is
    /// not. Thread: any.
    bool send(std::function<void()> job) const;

   private:
    friend class Async;
    explicit Sender(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
    std::shared_ptr<Queue> queue_;
  };

  [[nodiscard]] static base::Result<Async> make(Loop& loop);

  [[nodiscard]] Sender sender() const;
  /// As sender().send(job). A job may destroy the Async; the jobs behind it are then dropped, as is all that
  /// waits when it is destroyed.
  bool send(std::function<void()> job) const;

 private:
  struct Close {
    void operator()(Block* block) const noexcept;
  };
  std::unique_ptr<Block, Close> block_;
};

}  // namespace portwatch::uv
