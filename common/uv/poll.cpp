// SPDX-License-Identifier: Apache-2.0
#include "common/uv/poll.h"

#include "common/base/assert.h"
#include "common/uv/error.h"
#include "common/uv/handle.h"

namespace portwatch::uv {

struct Poll::Block : detail::Block<uv_poll_t> {
  std::function<void()> on_readable;
};

void Poll::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

base::Result<Poll> Poll::watch(Loop& loop, int fd, std::function<void()> on_readable) {
  auto fresh = std::make_unique<Block>();
  fresh->on_readable = std::move(on_readable);
  if (const int status = uv_poll_init(loop.raw(), &fresh->raw, fd); status != 0)
    return fail_uv("cannot wait for a descriptor", status);
  detail::mark_initialised(*fresh);
  Poll poll;
  poll.block_.reset(fresh.release());
  return poll;
}

void Poll::start() noexcept {
  // A descriptor that fails is readable too: whoever reads it learns why.
  const auto on_events = [](uv_poll_t* raw, int /*status*/, int /*events*/) noexcept {
    auto& block = detail::block_of<Block>(raw);
    if (block.is_attached) block.on_readable();
  };
  PW_ASSERT(uv_poll_start(&block_->raw, UV_READABLE, on_events) == 0);
}

void Poll::stop() noexcept {
  uv_poll_stop(&block_->raw);
}

}  // namespace portwatch::uv
