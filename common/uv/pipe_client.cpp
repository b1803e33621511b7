// SPDX-License-Identifier: Apache-2.0
#include "common/uv/pipe_client.h"

#include <optional>
#include <utility>

#include "common/uv/error.h"
#include "common/uv/pipe_block.h"
#include "common/uv/socket_path.h"
#include "common/uv/timer.h"

namespace portwatch::uv {
namespace {

constexpr base::Micros kRetryInterval = std::chrono::milliseconds{10};

}  // namespace

struct PipeClient::State : std::enable_shared_from_this<State> {
  struct Request {
    uv_connect_t raw{};
    std::weak_ptr<State> state;
  };

  Loop* loop = nullptr;
  std::string path;
  Done done;
  std::optional<Timer> deadline;
  std::optional<Timer> next_try;  ///< also tells an error that is known at once, later
  PipeConnection::BlockPtr pipe;

  void finish(base::Result<PipeConnection> result) {
    deadline->stop();
    next_try->stop();
    if (Done call = std::exchange(done, nullptr)) call(std::move(result));
  }

  void connect() {
    if (base::Status checked = uv::check_socket_path(path); !checked) {
      finish(std::unexpected(std::move(checked).error()));
      return;
    }
    pipe = PipeConnection::make_block(*loop);
    auto* request = new Request;
    request->raw.data = request;
    request->state = weak_from_this();
    uv_pipe_connect(&request->raw, &pipe->raw, path.c_str(), [](uv_connect_t* raw, int status) noexcept {
      const std::unique_ptr<Request> finished(static_cast<Request*>(raw->data));
      if (const auto state = finished->state.lock()) state->on_connected(status);
    });
  }

  void on_connected(int status) {
    if (!done) return;
    if (status == 0)
      finish(PipeConnection(std::move(pipe)));
    else if (status == UV_EAGAIN)
      next_try->start_once(kRetryInterval);
    else
      finish(fail_uv("cannot connect to " + path, status));
  }
};

PipeClient::PipeClient(Loop& loop, const std::filesystem::path& path, base::Micros deadline, Done done)
    : state_(std::make_shared<State>()) {
  state_->loop = &loop;
  state_->path = path.string();
  state_->done = std::move(done);
  // A callback keeps the state alive while it runs, because it may destroy the client.
  state_->next_try.emplace(loop, [weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->connect();
  });
  state_->deadline.emplace(loop, [weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock())
      state->finish(
          base::fail(base::ErrorCode::kTimeout, "nobody took the connection in time: " + state->path));
  });
  state_->deadline->start_once(deadline);
  state_->next_try->start_once(base::Micros{0});
}

PipeClient::~PipeClient() {
  state_->done = nullptr;
}

}  // namespace portwatch::uv
