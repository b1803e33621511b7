// SPDX-License-Identifier: Apache-2.0
#include "common/uv/signal.h"

#include "common/uv/error.h"
#include "common/uv/handle.h"

namespace portwatch::uv {

struct Signal::Block : detail::Block<uv_signal_t> {
  std::function<void()> on_signal;
};

void Signal::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

base::Result<Signal> Signal::watch(Loop& loop, int number, std::function<void()> on_signal) {
  auto fresh = std::make_unique<Block>();
  fresh->on_signal = std::move(on_signal);
  if (const int status = uv_signal_init(loop.raw(), &fresh->raw); status != 0)
    return fail_uv("cannot watch for signals", status);
  detail::mark_initialised(*fresh);

  Signal signal;
  signal.block_.reset(fresh.release());
  const auto on_raw_signal = [](uv_signal_t* raw, int /*number*/) noexcept {
    auto& block = detail::block_of<Block>(raw);
    if (block.is_attached) block.on_signal();
  };
  if (const int status = uv_signal_start(&signal.block_->raw, on_raw_signal, number); status != 0)
    return fail_uv("cannot watch for a signal", status);
  return signal;
}

}  // namespace portwatch::uv
