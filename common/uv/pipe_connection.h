// SPDX-License-Identifier: Apache-2.0
#pragma once

// One open connection over a Unix socket: bytes in, in pieces of bounded size; bytes out, through a queue
// whose size can be seen. It knows nothing of frames.
//
// A peer that went away must not end the process: with the first connection, SIGPIPE is ignored for the whole
// process, unless it is already handled (write then fails with EPIPE, which ends the connection).

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/platform/native_handle.h"
#include "common/uv/loop.h"

namespace portwatch::uv {

class PipeConnection {
 public:
  /// Each may destroy the connection. None is called after that.
  struct Callbacks {
    /// 1 to kMaxRead bytes, valid during the call.
    std::function<void(std::string_view bytes)> on_bytes;
    /// Once. Nothing: the peer sends no more (it may still read). An error: the connection is of no use any
    /// more.
    std::function<void(std::optional<base::Error> error)> on_end;
    /// All that was queued is with the operating system. May be empty.
    std::function<void()> on_drained = {};
  };
  static constexpr std::size_t kMaxRead = 16U << 10U;

  /// Takes over a connected socket. Errors: it is no open descriptor.
  [[nodiscard]] static base::Result<PipeConnection> adopt(Loop& loop, int fd);

  /// Starts to read; to be called once. Nothing is called before this returns.
  void start(Callbacks callbacks);
  /// Stops and goes on taking bytes from the peer, who then has to wait. May be called at any time after
  /// start().
  void pause_reading() noexcept;
  void resume_reading() noexcept;

  /// Queues bytes behind those that wait. A failure ends the connection through on_end, later.
  void write(std::string bytes);
  /// How many bytes wait to be taken by the operating system.
  [[nodiscard]] std::size_t queued_bytes() const noexcept;

  /// Sends what is queued, then tells the peer that no more comes, then calls `done` (also when that failed).
  /// Destroying the connection closes it at once, and `done` is not called. For a peer that never reads,
  /// `done` never comes: have a deadline.
  void finish_writing(std::function<void()> done);

  /// For asking the kernel about the peer; still owned by the connection.
  [[nodiscard]] platform::NativeHandle handle() const noexcept;

  /// Of this folder's own use: what a server accepts and a client connects.
  struct Block;
  struct Close {
    void operator()(Block* block) const noexcept;
  };
  using BlockPtr = std::unique_ptr<Block, Close>;
  [[nodiscard]] static BlockPtr make_block(Loop& loop);
  explicit PipeConnection(BlockPtr block) noexcept : block_(std::move(block)) {}

 private:
  BlockPtr block_;
};

}  // namespace portwatch::uv
