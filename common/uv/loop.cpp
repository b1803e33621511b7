// SPDX-License-Identifier: Apache-2.0
#include "common/uv/loop.h"

#include <uv.h>

#include <cstdio>

#include "common/base/assert.h"

namespace portwatch::uv {
namespace {

/// Names what outlived its loop, so that the assertion that follows can be understood.
void report_leftover(uv_handle_t* handle, void* /*unused*/) noexcept {
  if (uv_is_closing(handle) != 0) return;
  std::fprintf(stderr, "portwatch: bug: a %s handle outlives its loop\n", uv_handle_type_name(handle->type));
}

}  // namespace

void Loop::Delete::operator()(uv_loop_s* loop) const noexcept {
  delete loop;
}

Loop::Loop() : loop_(new uv_loop_t) {
  PW_ASSERT(uv_loop_init(loop_.get()) == 0);
}

Loop::~Loop() {
  bool has_leftover = false;
  uv_walk(
      loop_.get(),
      [](uv_handle_t* handle, void* found) noexcept {
        if (uv_is_closing(handle) == 0) *static_cast<bool*>(found) = true;
      },
      &has_leftover);
  if (has_leftover) uv_walk(loop_.get(), report_leftover, nullptr);
  PW_ASSERT(!has_leftover);
  uv_run(loop_.get(), UV_RUN_DEFAULT);
  PW_ASSERT(uv_loop_close(loop_.get()) == 0);
}

void Loop::run() {
  uv_run(loop_.get(), UV_RUN_DEFAULT);
}
bool Loop::run_once() {
  return uv_run(loop_.get(), UV_RUN_ONCE) != 0;
}
bool Loop::run_once_without_waiting() {
  return uv_run(loop_.get(), UV_RUN_NOWAIT) != 0;
}
void Loop::stop() noexcept {
  uv_stop(loop_.get());
}

}  // namespace portwatch::uv
