// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connected client: bytes in, requests out of them, answers back, and perhaps a subscription. Requests
// are answered one after another, in their order, and the next one waits until the client has taken what was
// answered before; so what one client can make us hold is bounded, whatever it sends and does not read. The
// first request must be hello.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/time.h"
#include "common/model/event.h"
#include "common/protocol/framer.h"
#include "common/protocol/rpc.h"
#include "common/uv/pipe_connection.h"
#include "common/uv/timer.h"
#include "daemon/server/handlers.h"
#include "daemon/server/subscription.h"

namespace portwatch::server {

struct SessionLimits {
  std::size_t max_outstanding = 16;
  std::size_t max_output_bytes = 4U << 20U;
  base::Micros request_timeout = std::chrono::seconds{10};
  base::Micros output_timeout = std::chrono::seconds{30};
  base::Micros farewell = std::chrono::seconds{2};
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Host {
    uv::Loop& loop;
    ContextRef context;
    SessionLimits limits;
    std::function<base::Seq()> committed;  ///< the last event that is known to be durable
    std::function<void()>
        on_closed;  ///< once, when the connection is of no use any more; may destroy the session
  };

  Session(Host host, Viewer viewer, uv::PipeConnection connection);

  /// Begins to read. Once.
  void start();
  /// Tells the subscription, if there is one.
  void on_committed(std::span<const model::Event> events);
  /// Answers what was asked already, then closes with this reason.
  void finish(protocol::RpcError reason);
  /// Tells the reason and closes, without answering what was asked. Does nothing when it is closing already.
  void close(protocol::RpcError reason);

  [[nodiscard]] const Viewer& viewer() const { return viewer_; }

 private:
  /// Below this much output that waits the next request is looked at, and the next page is read.
  static constexpr std::size_t kLowWater = 64U << 10U;

  /// How often in a row nothing may have been taken, in one output_timeout.
  static constexpr int kIdleChecks = 4;

  void on_bytes(std::string_view bytes);
  void on_line(std::string_view line);
  void on_end();
  void on_drained();
  void watch_input(bool has_line, bool is_incomplete);
  void check_output();

  void answer_next();
  void answer(const protocol::Request& request);
  void on_outcome(const std::optional<protocol::Id>& id, bool was_hello, Outcome outcome);
  Outcome subscribe(const nlohmann::json& params);
  Outcome unsubscribe(const nlohmann::json& params);
  void tell(const model::Event& event);

  void send(std::string line);
  void send_failure(protocol::RpcError error);
  [[nodiscard]] bool has_room() const { return connection_.queued_bytes() < kLowWater; }
  void say_farewell();
  void closed();

  Host host_;
  Viewer viewer_;
  uv::PipeConnection connection_;
  protocol::LineFramer framer_;
  std::deque<protocol::Request> waiting_;
  std::shared_ptr<Subscription> subscription_;
  std::optional<base::Seq> last_told_;
  uv::Timer input_timer_;
  uv::Timer output_timer_;
  uv::Timer farewell_timer_;
  std::size_t sent_bytes_ = 0;
  std::size_t taken_at_last_check_ = 0;
  int idle_checks_ = 0;
  std::optional<protocol::RpcError>
      finish_reason_;  ///< set: no new requests; close with this when all is answered
  bool has_greeted_ = false;
  bool is_answering_ = false;
  bool is_in_loop_ = false;  ///< inside answer_next(), which goes on by itself
  bool has_peer_ended_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

}  // namespace portwatch::server
