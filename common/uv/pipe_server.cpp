// SPDX-License-Identifier: Apache-2.0
#include "common/uv/pipe_server.h"

#include "common/uv/error.h"
#include "common/uv/pipe_block.h"

namespace portwatch::uv {
namespace {

constexpr int kBacklog = 128;

}  // namespace

struct PipeServer::Block : detail::Block<uv_pipe_t> {
  Loop* loop = nullptr;
  std::function<void(PipeConnection)> on_connection;
};

void PipeServer::Close::operator()(Block* block) const noexcept {
  detail::close_and_free(block);
}

base::Result<PipeServer> PipeServer::listen(Loop& loop, int bound_fd,
                                            std::function<void(PipeConnection)> on_connection) {
  PipeServer server;
  auto* block = new Block;
  uv_pipe_init(loop.raw(), &block->raw, 0);  // cannot fail
  detail::mark_initialised(*block);
  server.block_.reset(block);
  block->loop = &loop;
  block->on_connection = std::move(on_connection);

  if (const int status = uv_pipe_open(&block->raw, bound_fd); status != 0)
    return fail_uv("cannot use the descriptor as a listening socket", status);
  const auto on_client = [](uv_stream_t* stream, int status) noexcept {
    auto& listening = detail::block_of<Block>(stream);
    if (!listening.is_attached || status != 0) return;
    PipeConnection::BlockPtr client = PipeConnection::make_block(*listening.loop);
    if (uv_accept(stream, client->stream()) != 0) return;
    listening.on_connection(PipeConnection(std::move(client)));
  };
  if (const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&block->raw), kBacklog, on_client);
      status != 0)
    return fail_uv("cannot listen on the socket", status);
  return server;
}

}  // namespace portwatch::uv
