// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the handlers of the methods share. Each group of methods has a file of its own (handlers_*.cpp); a
// handler takes who asks and parameters that are not yet decoded, and replies once, now or later. It knows
// nothing of sockets and sessions.

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/model/query.h"
#include "common/protocol/rpc.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/authorizer.h"

namespace portwatch::server {

/// What the daemon says of itself in hello.
struct Identity {
  std::string version;
  std::string host_id;
  std::string epoch;  ///< of cursors
};

/// What the handlers work with. Everything must outlive the calls of `reply`, except the context itself.
struct HandlerContext {
  interface::StateView& view;
  interface::Commands& commands;
  Identity identity;
  ChangePolicy policy;
  std::size_t max_page_bytes = 256U << 10U;  ///< of one page of an answer, about
};
using ContextRef = std::shared_ptr<HandlerContext>;

/// Who asks, and through what the store is asked for them.
struct Caller {
  Viewer viewer;
  interface::Queries& queries;
  std::optional<std::string> user;  ///< what the system calls them
};

using Outcome = std::expected<protocol::JsonRef, protocol::RpcError>;
using Reply = std::function<void(Outcome)>;

using Handler = void (*)(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                         Reply reply);

void handle_hello(const ContextRef& context, const Caller& caller, const nlohmann::json& params, Reply reply);
void handle_status(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                   Reply reply);
void handle_listeners_list(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                           Reply reply);
void handle_listeners_brief(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                            Reply reply);
void handle_listeners_clients(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                              Reply reply);
void handle_listeners_at(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                         Reply reply);
void handle_events_list(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                        Reply reply);
void handle_alerts_list(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                        Reply reply);
void handle_alerts_show(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                        Reply reply);
void handle_alerts_ack(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                       Reply reply);
void handle_alerts_approve(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                           Reply reply);
void handle_alerts_reject(const ContextRef& context, const Caller& caller, const nlohmann::json& params,
                          Reply reply);

}  // namespace portwatch::server
