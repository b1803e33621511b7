// SPDX-License-Identifier: Apache-2.0
#include "common/uv/every_round.h"

#include "common/uv/handle.h"

namespace portwatch::uv {

struct EveryRound::Block : detail::Block<uv_idle_t> {
  std::function<void()> on_round;
};

void EveryRound::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

EveryRound::EveryRound(Loop& loop, std::function<void()> on_round) {
  auto* block = new Block;
  block->on_round = std::move(on_round);
  uv_idle_init(loop.raw(), &block->raw);  // cannot fail
  detail::mark_initialised(*block);
  block_.reset(block);
}

void EveryRound::start() noexcept {
  // Fails for want of a callback alone.
  uv_idle_start(&block_->raw, [](uv_idle_t* idle) noexcept {
    auto& block = detail::block_of<Block>(idle);
    if (block.is_attached) block.on_round();
  });
}

void EveryRound::stop() noexcept {
  uv_idle_stop(&block_->raw);
}

}  // namespace portwatch::uv
