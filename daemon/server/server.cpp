// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/server.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "common/base/assert.h"
#include "common/platform/user_name.h"
#include "common/uv/pipe_server.h"
#include "common/uv/timer.h"
#include "daemon/server/admission.h"
#include "daemon/server/peer.h"
#include "daemon/server/refusal.h"
#include "daemon/server/session.h"
#include "daemon/server/socket_listener.h"
#include "daemon/server/user_directory.h"

namespace portwatch::server {
namespace {

using protocol::RpcError;

SessionLimits limits_of(const Options& options) {
  return {.request_timeout = options.request_timeout,
          .output_timeout = options.output_timeout,
          .farewell = options.farewell};
}

class LocalServer final : public Server {
 public:
  LocalServer(uv::Loop& loop, const Options& options, interface::StateView& view,
              interface::QuerySource& queries, interface::Commands& commands, SocketListener listener)
      : loop_(loop),
        queries_(queries),
        listener_(std::move(listener)),
        context_(std::make_shared<HandlerContext>(HandlerContext{
            .view = view,
            .commands = commands,
            .identity = {.version = options.version, .host_id = options.host_id, .epoch = options.epoch},
            .policy = {.self_approve = options.self_approve, .is_locked = options.is_policy_locked},
            .max_page_bytes = options.max_page_bytes})),
        limits_(limits_of(options)),
        admission_(options.max_sessions, options.max_sessions_per_user),
        admin_group_(group_number(options.admin_group)),
        daemon_user_(own_user()),
        turns_(loop),
        users_(
            loop, options.user_name ? options.user_name
                                    : [](base::Uid uid) { return platform::user_name(uid.value); }),
        stop_timer_(loop, [this] { finish_stopping(); }) {}

  base::Status listen() {
    auto acceptor =
        uv::PipeServer::listen(loop_, listener_->release_descriptor(),
                               [this](uv::PipeConnection connection) { accept(std::move(connection)); });
    if (!acceptor) return std::unexpected(std::move(acceptor).error());
    acceptor_.emplace(std::move(*acceptor));
    return {};
  }

  void publish(std::span<const model::Event> events) override {
    if (events.empty()) return;
    published_ = std::max(published_, events.back().seq);
    // A session that is told may end, and so leave the map.
    for (const std::shared_ptr<Session>& session : connected()) session->on_committed(events);
  }

  [[nodiscard]] std::size_t sessions() const override { return admission_.count(); }

  void set_policy(bool self_approve, bool is_policy_locked) override {
    context_->policy = {.self_approve = self_approve, .is_locked = is_policy_locked};
  }

  void stop(std::function<void()> done) override {
    PW_ASSERT(!on_stopped_ && done);
    on_stopped_ = std::move(done);
    acceptor_.reset();
    listener_.reset();
    for (const std::shared_ptr<Session>& session : connected())
      session->finish({.code = protocol::RpcCode::kUnavailable, .message = "portwatchd is stopping"});
    // Also with nobody connected `done` is called later, never from inside stop().
    stop_timer_.start_once(sessions_.empty() ? base::Micros{0} : 2 * limits_.farewell);
  }

 private:
  [[nodiscard]] std::vector<std::shared_ptr<Session>> connected() const {
    std::vector<std::shared_ptr<Session>> sessions;
    sessions.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
    return sessions;
  }

  /// The last event that is durable: a batch may be committed and not yet published.
  [[nodiscard]] base::Seq committed() const { return std::max(published_, context_->view.last_seq()); }

  /// One at a time, at most one in a round of the loop (uv::PipeServer).
  void accept(uv::PipeConnection connection) {
    const auto peer = identify_peer(static_cast<int>(connection.handle()), admin_group_);
    const Viewer viewer = viewer_of(peer ? std::optional(*peer) : std::nullopt, daemon_user_);
    if (const base::Status allowed = may_read(viewer); !allowed)
      return refuse(std::move(connection), protocol::to_rpc(allowed.error()));
    // A std::function holds what can be copied.
    auto held = std::make_shared<uv::PipeConnection>(std::move(connection));
    users_.find(viewer.uid, [this, viewer, held = std::move(held)](const UserDirectory::Name& name) {
      const Visitor visitor{.viewer = viewer, .name = name};
      const auto begin = std::chrono::steady_clock::now();
      if (!on_stopped_) let_in(std::move(*held), visitor);
      const auto took = std::chrono::steady_clock::now() - begin;
      turns_.charge(visitor.account(), std::chrono::ceil<base::Micros>(took));
    });
  }

  void let_in(uv::PipeConnection connection, const Visitor& visitor) {
    if (const base::Status admitted = admission_.admit(visitor); !admitted)
      return refuse(std::move(connection), protocol::to_rpc(admitted.error()));
    const std::uint64_t id = ++last_id_;
    auto session = std::make_shared<Session>(Session::Host{.loop = loop_,
                                                           .turns = turns_,
                                                           .context = context_,
                                                           .queries = queries_,
                                                           .limits = limits_,
                                                           .committed = [this] { return committed(); },
                                                           .on_closed = [this, id] { leave(id); }},
                                             visitor, std::move(connection));
    sessions_.emplace(id, session);
    session->start();
  }

  /// Beyond the bound a client sees a closed connection and no reason.
  void refuse(uv::PipeConnection connection, const RpcError& reason) {
    constexpr std::size_t kMaxRefusals = 16;
    if (refusals_.size() >= kMaxRefusals) return;
    const std::uint64_t id = ++last_id_;
    refusals_.try_emplace(id, loop_, std::move(connection), reason, limits_.farewell,
                          [this, id] { refusals_.erase(id); });
  }

  void leave(std::uint64_t id) {
    const auto session = sessions_.find(id);
    PW_ASSERT(session != sessions_.end());
    admission_.leave(session->second->visitor());
    sessions_.erase(session);
    if (on_stopped_ && sessions_.empty()) stop_timer_.start_once(base::Micros{0});
  }

  void finish_stopping() {
    sessions_.clear();
    refusals_.clear();
    if (const auto done = std::exchange(on_stopped_, nullptr)) done();
  }

  uv::Loop& loop_;
  interface::QuerySource& queries_;
  std::optional<SocketListener> listener_;
  std::optional<uv::PipeServer> acceptor_;
  ContextRef context_;
  SessionLimits limits_;
  Admission admission_;
  std::optional<std::uint32_t> admin_group_;
  base::Uid daemon_user_;
  Turns turns_;
  UserDirectory users_;
  std::map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::map<std::uint64_t, Refusal> refusals_;
  std::uint64_t last_id_ = 0;  ///< of sessions and refusals
  base::Seq published_;
  uv::Timer stop_timer_;
  std::function<void()> on_stopped_;
};

}  // namespace

base::Result<std::unique_ptr<Server>> Server::start(uv::Loop& loop, Options options,
                                                    interface::StateView& view,
                                                    interface::QuerySource& queries,
                                                    interface::Commands& commands) {
  auto listener = SocketListener::bind(options.socket, options.audience);
  if (!listener) return std::unexpected(std::move(listener).error());
  auto server = std::make_unique<LocalServer>(loop, options, view, queries, commands, std::move(*listener));
  PW_TRY(server->listen());
  return server;
}

}  // namespace portwatch::server
