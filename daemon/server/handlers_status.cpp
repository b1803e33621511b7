// SPDX-License-Identifier: Apache-2.0
// hello and status: what the daemon says of itself.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/server/reply.h"

namespace portwatch::server {
namespace {

using protocol::Method;

protocol::Role wire_role(Role role) {
  switch (role) {
    case Role::kNobody:
    case Role::kLocal: return protocol::Role::kViewer;
    case Role::kReader: return protocol::Role::kReader;
    case Role::kAdmin: return protocol::Role::kAdmin;
  }
  return protocol::Role::kViewer;
}

}  // namespace

void handle_hello(const ContextRef& context, const Caller& caller, const nlohmann::json& json, Reply reply) {
  const auto params = decode_or_reply<Method::kHello>(json, reply);
  if (!params) return;
  if (std::ranges::find(params->protocols, protocol::kProtocolVersion) == params->protocols.end()) {
    reply(std::unexpected(protocol::RpcError{
        .code = protocol::RpcCode::kUnsupported,
        .message = fmt::format("this portwatchd speaks protocol {}; the client speaks {}",
                               protocol::kProtocolVersion, fmt::join(params->protocols, ", ")),
        .suggestion = "use a portwatchctl of the same version as portwatchd"}));
    return;
  }
  reply(outcome_of(
      protocol::HelloResult{.version = context->identity.version,
                            .host_id = context->identity.host_id,
                            .epoch = context->identity.epoch,
                            .uid = caller.viewer.uid,
                            .user = caller.user.value_or(fmt::format("#{}", caller.viewer.uid.value)),
                            .role = wire_role(caller.viewer.role)}));
}

void handle_status(const ContextRef& context, const Caller& /*caller*/, const nlohmann::json& json,
                   Reply reply) {
  if (!decode_or_reply<Method::kStatus>(json, reply)) return;
  reply(outcome_of(context->view.status()));
}

}  // namespace portwatch::server
