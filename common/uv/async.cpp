// SPDX-License-Identifier: Apache-2.0
#include "common/uv/async.h"

#include <deque>
#include <mutex>
#include <utility>

#include "common/uv/error.h"
#include "common/uv/handle.h"

namespace portwatch::uv {

/// Shared by the senders and the handle. The handle is only touched under the mutex while it is open:
/// uv_async_send on a closed one would write to freed memory.
struct Async::Queue {
  std::mutex mutex;
  std::deque<std::function<void()>> jobs;
  uv_async_t* open_handle = nullptr;
};

struct Async::Block : detail::Block<uv_async_t> {
  std::shared_ptr<Queue> queue = std::make_shared<Queue>();
};

void Async::Close::operator()(Block* block) const noexcept {
  std::deque<std::function<void()>> dropped;  // destroyed outside the lock: a job may own a Sender
  {
    const std::scoped_lock lock(block->queue->mutex);
    block->queue->open_handle = nullptr;
    dropped.swap(block->queue->jobs);
  }
  detail::close_and_free(block);
}

base::Result<Async> Async::make(Loop& loop) {
  auto fresh = std::make_unique<Block>();
  const auto on_wake = [](uv_async_t* raw) noexcept {
    auto& block = detail::block_of<Block>(raw);
    std::deque<std::function<void()>> jobs;
    {
      const std::scoped_lock lock(block.queue->mutex);
      jobs.swap(block.queue->jobs);
    }
    for (auto& job : jobs) {
      if (!block.is_attached) return;
      job();
    }
  };
  if (const int status = uv_async_init(loop.raw(), &fresh->raw, on_wake); status != 0)
    return fail_uv("cannot make a wake-up for the loop", status);
  detail::mark_initialised(*fresh);
  fresh->queue->open_handle = &fresh->raw;

  Async async;
  async.block_.reset(fresh.release());
  return async;
}

Async::Sender Async::sender() const {
  return Sender(block_->queue);
}

bool Async::send(std::function<void()> job) const {
  return sender().send(std::move(job));
}

bool Async::Sender::send(std::function<void()> job) const {
  const std::scoped_lock lock(queue_->mutex);
  if (queue_->open_handle == nullptr) return false;
  queue_->jobs.push_back(std::move(job));
  uv_async_send(queue_->open_handle);
  return true;
}

}  // namespace portwatch::uv
