// SPDX-License-Identifier: Apache-2.0
// listeners.clients: who is connected to a port now.
#include <unordered_set>

#include "common/model/page_budget.h"
#include "common/model/weight.h"
#include "daemon/server/on_port.h"
#include "daemon/server/redaction.h"
#include "daemon/server/reply.h"

namespace portwatch::server {

using protocol::Method;

namespace {

std::unordered_set<model::ProcessKey> holders_of(const std::vector<model::ListenerRef>& listeners,
                                                 base::Port port) {
  std::unordered_set<model::ProcessKey> holders;
  for (const model::ListenerRef& listener : on_port(listeners, port))
    for (const model::ProcessRef& owner : listener->owners) holders.insert(owner->key);
  return holders;
}

/// In one answer; those that find no room are counted.
model::ConnectionList seen_by(const Viewer& viewer, model::ConnectionList found,
                              const std::unordered_set<model::ProcessKey>& listening, std::size_t max_bytes) {
  model::PageBudget budget(model::kMostConnections, max_bytes);
  const auto stop = model::fill_page(found.connections.begin(), found.connections.end(), budget,
                                     [&](model::Connection& connection) {
                                       connection = redact(connection, viewer, listening);
                                       return budget.take(weight(connection));
                                     });
  found.left_out += static_cast<std::uint64_t>(found.connections.end() - stop);
  found.connections.erase(stop, found.connections.end());
  return found;
}

}  // namespace

void handle_listeners_clients(const ContextRef& context, const Caller& caller, const nlohmann::json& json,
                              Reply reply) {
  const auto params = decode_or_reply<Method::kListenersClients>(json, reply);
  if (!params) return;
  caller.queries.connections(
      params->port, [context, port = params->port, viewer = caller.viewer,
                     reply = std::move(reply)](base::Result<model::ConnectionList> found) {
        if (!found) return reply(outcome_of(found.error()));
        reply(outcome_of(seen_by(viewer, *std::move(found), holders_of(context->view.listeners(), port),
                                 context->max_page_bytes)));
      });
}

}  // namespace portwatch::server
