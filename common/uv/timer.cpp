// SPDX-License-Identifier: Apache-2.0
#include "common/uv/timer.h"

#include <algorithm>

#include "common/base/assert.h"
#include "common/uv/handle.h"

namespace portwatch::uv {

struct Timer::Block : detail::Block<uv_timer_t> {
  std::function<void()> on_fire;
};

namespace {

std::uint64_t to_milliseconds(base::Micros duration) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(rounded, 0));
}

template <class Block>
void start(Block& block, std::uint64_t after, std::uint64_t repeat) {
  const auto on_timeout = [](uv_timer_t* timer) noexcept {
    auto& fired = detail::block_of<Block>(timer);
    if (fired.is_attached) fired.on_fire();
  };
  // libuv counts from the start of this turn of the loop, which may have been long ago.
  uv_update_time(block.raw.loop);
  PW_ASSERT(uv_timer_start(&block.raw, on_timeout, after, repeat) == 0);
}

}  // namespace

void Timer::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

Timer::Timer(Loop& loop, std::function<void()> on_fire) {
  auto* block = new Block;
  block->on_fire = std::move(on_fire);
  uv_timer_init(loop.raw(), &block->raw);  // cannot fail
  detail::mark_initialised(*block);
  block_.reset(block);
}

void Timer::start_once(base::Micros after) {
  start(*block_, to_milliseconds(after), 0);
}

void Timer::start_repeating(base::Micros interval) {
  const std::uint64_t milliseconds = std::max<std::uint64_t>(to_milliseconds(interval), 1);
  start(*block_, milliseconds, milliseconds);
}

void Timer::stop() noexcept {
  uv_timer_stop(&block_->raw);
}

bool Timer::is_active() const noexcept {
  return uv_is_active(detail::handle_of(*block_)) != 0;
}

}  // namespace portwatch::uv
