// SPDX-License-Identifier: Apache-2.0
// The socket stays readable while somebody waits, so the next one is taken in the next round. libuv's own
// listening streams are not used: out of descriptors, they turn away who waits by giving up a descriptor that
// they hold for it, and once another thread has got that one they spin.
//
// Sources: accept(2), https://docs.libuv.org/en/v1.x/poll.html
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "common/uv/error.h"
#include "common/uv/pipe_server.h"
#include "common/uv/poll.h"
#include "common/uv/timer.h"

namespace portwatch::uv {
namespace {

constexpr int kBacklog = 128;
/// Until there may be a descriptor again, or memory.
constexpr std::chrono::milliseconds kPause{100};

bool has_nobody_come() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
}

}  // namespace

struct PipeServer::Block {
  Loop& loop;
  std::function<void(PipeConnection)> on_connection;
  platform::Descriptor socket;
  std::optional<Poll> readable;
  Timer pause{loop, [this] { readable->start(); }};

  void take() {
    platform::Descriptor client(::accept(socket.get(), nullptr, nullptr));
    if (!client) {
      if (has_nobody_come()) return;
      readable->stop();
      pause.start_once(kPause);
      return;
    }
    PW_ASSERT(::fcntl(client.get(), F_SETFD, FD_CLOEXEC) == 0);  // programs are started by this thread alone
    auto connection = PipeConnection::adopt(loop, client.release());
    const auto tell = on_connection;  // which may destroy us
    if (connection) tell(std::move(*connection));
  }
};

void PipeServer::Delete::operator()(Block* block) const noexcept {
  delete block;
}

base::Result<PipeServer> PipeServer::listen(Loop& loop, int bound_fd,
                                            std::function<void(PipeConnection)> on_connection) {
  PipeServer server;
  server.block_.reset(new Block{loop, std::move(on_connection), platform::Descriptor(bound_fd)});
  Block& block = *server.block_;
  const int flags = ::fcntl(bound_fd, F_GETFL);
  if (flags < 0 || ::fcntl(bound_fd, F_SETFL, flags | O_NONBLOCK) != 0 || ::listen(bound_fd, kBacklog) != 0)
    return fail_uv("cannot listen on the socket", -errno);
  auto readable = Poll::watch(loop, bound_fd, [&block] { block.take(); });
  if (!readable) return std::unexpected(std::move(readable).error());
  block.readable.emplace(std::move(*readable));
  block.readable->start();
  return server;
}

}  // namespace portwatch::uv
