// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connected client: bytes in, requests out of them, answers back, and perhaps a subscription. All of it
// happens in turns (turns.h): a line is read and answered, or some events are told, then others are served.
// Requests are answered one after another, in their order; the next one waits until the client has taken what
// was answered before, and nothing more is read from the client until then. So what one client can make us
// hold, and do at once, is bounded, whatever it sends and does not read. The first request must be hello.

#include <cstddef>
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
#include "daemon/server/admission.h"
#include "daemon/server/handlers.h"
#include "daemon/server/subscription.h"
#include "daemon/server/turns.h"

namespace portwatch::server {

struct SessionLimits {
  base::Micros request_timeout = std::chrono::seconds{10};
  base::Micros output_timeout = std::chrono::seconds{30};
  base::Micros farewell = std::chrono::seconds{2};
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Host {
    uv::Loop& loop;
    Turns& turns;
    ContextRef context;
    interface::QuerySource& queries;
    SessionLimits limits;
    std::function<base::Seq()> committed;  ///< the last event that is known to be durable
    std::function<void()>
        on_closed;  ///< once, when the connection is of no use any more; may destroy the session
  };

  Session(Host host, Visitor visitor, uv::PipeConnection connection);

  /// Begins to read. Once.
  void start();
  /// Tells the subscription, if there is one.
  void on_committed(std::span<const model::Event> events);
  /// Answers what was asked already, then closes with this reason.
  void finish(protocol::RpcError reason);
  /// Tells the reason and closes, without answering what was asked. Does nothing when it is closing already.
  void close(protocol::RpcError reason);

  [[nodiscard]] const Visitor& visitor() const { return visitor_; }

 private:
  /// Below this much output that waits the next request is looked at, and the next page is read.
  static constexpr std::size_t kLowWater = 64U << 10U;

  /// How often in a row nothing may have been taken, in one output_timeout.
  static constexpr int kIdleChecks = 4;

  void on_bytes(std::string_view bytes);
  void on_end();
  void on_drained();
  void watch_input();
  void check_output();

  void ask_for_turn();
  void take_turn();
  void take_line();
  void on_line(std::string_view line);
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
  Visitor visitor_;
  std::unique_ptr<interface::Queries> queries_;
  uv::PipeConnection connection_;
  protocol::LineFramer framer_;
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
  bool has_input_ = false;  ///< bytes came that were not looked at yet; no more are read meanwhile
  bool is_answering_ = false;
  bool is_in_turn_ = false;
  bool has_peer_ended_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
  Turns::Seat seat_;  ///< goes first: from then on there are no turns
};

}  // namespace portwatch::server
