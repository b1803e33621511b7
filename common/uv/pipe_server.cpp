// SPDX-License-Identifier: Apache-2.0
// libuv before 1.45 accepts until nobody waits any more, as long as each connection is taken within the
// callback. One that is not taken there makes it stop listening until it is: so it is taken in the next
// round.
//
// Source: https://docs.libuv.org/en/v1.x/stream.html (uv_listen, uv_accept)
#include "common/uv/pipe_server.h"

#include <optional>

#include "common/uv/error.h"
#include "common/uv/every_round.h"
#include "common/uv/pipe_block.h"

namespace portwatch::uv {
namespace {

constexpr int kBacklog = 128;

}  // namespace

struct PipeServer::Block : detail::Block<uv_pipe_t> {
  Loop* loop = nullptr;
  std::function<void(PipeConnection)> on_connection;
  std::optional<EveryRound> next_round;

  /// Gives the client that waits to the owner, and lets libuv look for the next one.
  void take() {
    next_round->stop();
    PipeConnection::BlockPtr client = PipeConnection::make_block(*loop);
    if (uv_accept(reinterpret_cast<uv_stream_t*>(&raw), client->stream()) == 0)
      on_connection(PipeConnection(std::move(client)));
  }
};

void PipeServer::Close::operator()(Block* block) const noexcept {
  block->next_round.reset();
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
  block->next_round.emplace(loop, [block] { block->take(); });

  if (const int status = uv_pipe_open(&block->raw, bound_fd); status != 0)
    return fail_uv("cannot use the descriptor as a listening socket", status);
  const auto on_client = [](uv_stream_t* stream, int status) noexcept {
    auto& listening = detail::block_of<Block>(stream);
    if (listening.is_attached && status == 0) listening.next_round->start();
  };
  if (const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&block->raw), kBacklog, on_client);
      status != 0)
    return fail_uv("cannot listen on the socket", status);
  return server;
}

}  // namespace portwatch::uv
