// SPDX-License-Identifier: Apache-2.0
#include "cli/client/event_filter.h"

#include <algorithm>
#include <variant>

namespace portwatch::cli {
namespace {

bool covers(const net::IpAddress& bound, const net::IpAddress& asked) {
  return bound == asked || bound.unmapped() == asked.unmapped() ||
         (bound.is_wildcard() && (bound.family() == asked.family() || bound.family() == net::Family::kIpv6));
}

const model::Listener* subject_of(const model::Event& event) {
  if (event.listener) return event.listener.get();
  const auto* alert = std::get_if<model::AlertDetail>(&event.detail);
  return alert == nullptr ? nullptr : alert->alert.listener.get();
}

}  // namespace

bool matches(const net::PortQuery& query, const net::Endpoint& endpoint) {
  if (endpoint.port != query.port) return false;
  if (query.protocol && endpoint.protocol != *query.protocol) return false;
  return !query.address || covers(endpoint.address, *query.address);
}

bool matches(const model::EventQuery& query, const model::Event& event) {
  if (!query.kinds.empty() && std::ranges::find(query.kinds, event.kind) == query.kinds.end()) return false;
  const bool is_about_listener =
      query.port || !query.program.empty() || !query.user.empty() || !query.unit.empty();
  if (!is_about_listener) return true;
  const model::Listener* listener = subject_of(event);
  if (listener == nullptr) return false;
  if (query.port && !matches(*query.port, listener->socket.endpoint)) return false;
  if (listener->program.label.find(query.program) == std::string::npos) return false;
  const auto any_owner = [listener](auto condition) {
    return std::ranges::any_of(listener->owners,
                               [&](const model::ProcessRef& owner) { return owner && condition(*owner); });
  };
  if (!query.user.empty() && listener->service.user != query.user &&
      !any_owner([&](const model::Process& owner) { return owner.user == query.user; }))
    return false;
  return query.unit.empty() ||
         any_owner([&](const model::Process& owner) { return owner.unit == query.unit; });
}

}  // namespace portwatch::cli
