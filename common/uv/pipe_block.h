// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory of one pipe handle. Only the pipe_*.cpp files of this folder include this header.

#include <array>
#include <functional>

#include "common/uv/handle.h"
#include "common/uv/pipe_connection.h"

namespace portwatch::uv {

struct PipeConnection::Block : detail::Block<uv_pipe_t> {
  Callbacks callbacks;
  bool has_ended = false;
  bool is_started = false;
  std::array<char, kMaxRead> buffer;

  uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&raw); }

  /// Tells the owner, once, that the connection is over.
  void end(std::optional<base::Error> error) {
    if (has_ended || !is_attached) return;
    has_ended = true;
    if (callbacks.on_end) callbacks.on_end(std::move(error));
  }
};

}  // namespace portwatch::uv
