// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/event_filter.h"

#include <algorithm>

namespace portwatch::server {
namespace {

bool matches(const net::PortQuery& query, const net::Endpoint& endpoint) {
  return endpoint.port == query.port && (!query.protocol || endpoint.protocol == *query.protocol) &&
         (!query.address || endpoint.address == *query.address);
}

bool matches_listener(const model::EventQuery& query, const model::Listener& listener) {
  if (query.port && !matches(*query.port, listener.socket.endpoint)) return false;
  if (listener.program.label.find(query.program) == std::string::npos) return false;
  if (!query.user.empty() && listener.service.user != query.user) return false;
  return query.unit.empty() || std::ranges::any_of(listener.owners, [&](const model::ProcessRef& owner) {
           return owner->unit == query.unit;
         });
}

}  // namespace

bool matches(const model::EventQuery& query, const model::Event& event) {
  if (query.since && event.time.at < *query.since) return false;
  if (query.until && event.time.at >= *query.until) return false;
  if (!query.kinds.empty() && std::ranges::find(query.kinds, event.kind) == query.kinds.end()) return false;
  const bool is_about_listener =
      query.port || !query.program.empty() || !query.user.empty() || !query.unit.empty();
  if (!is_about_listener) return true;
  return event.listener != nullptr && matches_listener(query, *event.listener);
}

}  // namespace portwatch::server
