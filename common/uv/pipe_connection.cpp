// SPDX-License-Identifier: Apache-2.0
#include "common/uv/pipe_connection.h"

#include "common/base/assert.h"
#include "common/uv/broken_pipes.h"
#include "common/uv/error.h"
#include "common/uv/pipe_block.h"

namespace portwatch::uv {
namespace {

/// One write: the bytes must live until libuv gives the request back.
struct Write {
  uv_write_t raw{};
  std::string bytes;
};

struct Shutdown {
  uv_shutdown_t raw{};
  std::function<void()> done;
};

}  // namespace

void PipeConnection::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

PipeConnection::BlockPtr PipeConnection::make_block(Loop& loop) {
  ignore_broken_pipes();
  auto* block = new Block;
  uv_pipe_init(loop.raw(), &block->raw, 0);  // cannot fail
  detail::mark_initialised(*block);
  return BlockPtr(block);
}

base::Result<PipeConnection> PipeConnection::adopt(Loop& loop, int fd) {
  BlockPtr block = make_block(loop);
  if (const int status = uv_pipe_open(&block->raw, fd); status != 0)
    return fail_uv("cannot use the descriptor as a connection", status);
  return PipeConnection(std::move(block));
}

void PipeConnection::start(Callbacks callbacks) {
  PW_ASSERT(!block_->is_started && callbacks.on_bytes && callbacks.on_end);
  block_->callbacks = std::move(callbacks);
  block_->is_started = true;
  resume_reading();
}

void PipeConnection::resume_reading() noexcept {
  PW_ASSERT(block_->is_started);
  if (block_->has_ended) return;
  const auto on_alloc = [](uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) noexcept {
    auto& block = detail::block_of<Block>(handle);
    *buffer = uv_buf_init(block.buffer.data(), static_cast<unsigned>(block.buffer.size()));
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept {
    auto& block = detail::block_of<Block>(stream);
    if (!block.is_attached || count == 0) return;
    if (count > 0) {
      block.callbacks.on_bytes(std::string_view(buffer->base, static_cast<std::size_t>(count)));
      return;
    }
    uv_read_stop(stream);
    if (count == UV_EOF)
      block.end(std::nullopt);
    else
      block.end(fail_uv("cannot read from the peer", static_cast<int>(count)).error());
  };
  // Already reading (UV_EALREADY) is as good; a stream that cannot be read any more says so through its
  // writes or its end.
  uv_read_start(block_->stream(), on_alloc, on_read);
}

void PipeConnection::pause_reading() noexcept {
  uv_read_stop(block_->stream());
}

void PipeConnection::write(std::string bytes) {
  if (bytes.empty()) return;
  auto request = std::make_unique<Write>();
  request->bytes = std::move(bytes);
  request->raw.data = request.get();
  const uv_buf_t buffer = uv_buf_init(request->bytes.data(), static_cast<unsigned>(request->bytes.size()));
  const auto on_written = [](uv_write_t* raw, int status) noexcept {
    const std::unique_ptr<Write> written(static_cast<Write*>(raw->data));
    auto& block = detail::block_of<Block>(raw->handle);
    if (!block.is_attached) return;
    if (status != 0) {
      block.end(fail_uv("cannot write to the peer", status).error());
    } else if (uv_stream_get_write_queue_size(raw->handle) == 0 && block.callbacks.on_drained) {
      block.callbacks.on_drained();
    }
  };
  // Only a stream that was never connected, or is closed, is refused here: a bug of the caller.
  const int status = uv_write(&request->raw, block_->stream(), &buffer, 1, on_written);
  if (status == 0) static_cast<void>(request.release());
}

std::size_t PipeConnection::queued_bytes() const noexcept {
  return uv_stream_get_write_queue_size(block_->stream());
}

void PipeConnection::finish_writing(std::function<void()> done) {
  auto request = std::make_unique<Shutdown>();
  request->done = std::move(done);
  request->raw.data = request.get();
  const auto on_shut_down = [](uv_shutdown_t* raw, int /*status*/) noexcept {
    const std::unique_ptr<Shutdown> finished(static_cast<Shutdown*>(raw->data));
    if (detail::block_of<Block>(raw->handle).is_attached) finished->done();
  };
  if (uv_shutdown(&request->raw, block_->stream(), on_shut_down) == 0)
    static_cast<void>(request.release());
  else
    request->done();  // the peer is gone already
}

platform::NativeHandle PipeConnection::handle() const noexcept {
  uv_os_fd_t raw{};
  if (uv_fileno(detail::handle_of(*block_), &raw) != 0) return platform::kNoHandle;
  return platform::NativeHandle(raw);  // a number here, a pointer there
}

}  // namespace portwatch::uv
