// SPDX-License-Identifier: Apache-2.0
#pragma once

// A daemon that is asked over its socket.

#include <memory>
#include <string>

#include "cli/client/connection.h"
#include "cli/client/daemon.h"
#include "common/protocol/messages.h"

namespace portwatch::cli {

class RpcDaemon final : public Daemon {
 public:
  /// Says hello. Errors: kUnsupported (no common version), and those of the connection.
  [[nodiscard]] static base::Result<std::unique_ptr<RpcDaemon>> greet(std::unique_ptr<Connection> connection);

  [[nodiscard]] const protocol::HelloResult& hello() const { return hello_; }

  [[nodiscard]] base::Result<model::Status> status() override;
  [[nodiscard]] base::Result<std::vector<model::ListenerRef>> listeners(
      std::optional<base::Port> port) override;
  [[nodiscard]] base::Result<std::vector<model::ListenerRef>> listeners_in_brief() override;
  [[nodiscard]] base::Result<model::ConnectionList> connections(base::Port port) override;
  [[nodiscard]] base::Result<std::vector<model::ListenerRef>> listeners_at(
      const model::PastQuery& query) override;
  [[nodiscard]] base::Result<EventsAnswer> events(const EventsQuestion& question) override;
  [[nodiscard]] base::Result<model::AlertPage> alerts(const model::AlertQuery& query) override;
  [[nodiscard]] base::Result<model::Alert> change_alert(base::AlertId id, AlertAction action) override;
  [[nodiscard]] base::Status follow(EventsQuestion& question, const Follower& follower) override;
  [[nodiscard]] bool is_lost() const override { return is_given_up_ || connection_->is_lost(); }

 private:
  explicit RpcDaemon(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  template <protocol::Method M>
  [[nodiscard]] base::Result<typename protocol::MessageTypes<M>::Result> ask(
      const typename protocol::MessageTypes<M>::Params& params);
  [[nodiscard]] base::Result<protocol::JsonRef> ask(protocol::Request request);
  /// A cursor without an epoch is one of this daemon's log.
  [[nodiscard]] std::optional<protocol::Cursor> complete(std::optional<protocol::Cursor> cursor) const;

  std::unique_ptr<Connection> connection_;
  protocol::HelloResult hello_;
  std::int64_t last_id_ = 0;
  bool is_given_up_ = false;  ///< an answer may still come for what nobody waits for any more
};

}  // namespace portwatch::cli
