// SPDX-License-Identifier: Apache-2.0
// listeners.clients: who is connected to a port now.
#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"

namespace portwatch::server {

using protocol::Method;

void handle_listeners_clients(const ContextRef& /*context*/, const Caller& caller, const nlohmann::json& json,
                              Reply reply) {
  const auto params = decode_or_reply<Method::kListenersClients>(json, reply);
  if (!params) return;
  caller.queries.connections(params->port, [viewer = caller.viewer, reply = std::move(reply)](
                                               base::Result<model::ConnectionList> found) {
    if (!found) return reply(outcome_of(found.error()));
    for (model::Connection& connection : found->connections) connection = redact(connection, viewer);
    reply(outcome_of(*found));
  });
}

}  // namespace portwatch::server
