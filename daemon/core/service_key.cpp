// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/service_key.h"

#include <algorithm>

#include <fmt/format.h>

namespace portwatch::core {

model::BindIntent bind_intent_of(const model::SocketRecord& socket, const model::HostFacts& host) {
  if (socket.bind_intent != model::BindIntent::kUnknown) return socket.bind_intent;
  return host.dynamic_ports.contains(socket.endpoint.port) ? model::BindIntent::kUnknown
                                                           : model::BindIntent::kExplicit;
}

std::optional<base::Port> service_port(const model::SocketRecord& socket, const model::HostFacts& host) {
  if (bind_intent_of(socket, host) == model::BindIntent::kExplicit) return socket.endpoint.port;
  return std::nullopt;
}

std::string service_user(const model::SocketRecord& socket, const std::vector<model::ProcessRef>& owners,
                         const std::optional<std::string>& name) {
  const auto same_user = std::ranges::find_if(
      owners, [&](const model::ProcessRef& owner) { return owner->uid == socket.uid && owner->user; });
  if (same_user != owners.end()) return *(*same_user)->user;
  if (name) return *name;
  return socket.uid.value == 0 ? "root" : fmt::format("#{}", socket.uid.value);
}

model::ServiceKey service_key(const model::SocketRecord& socket, model::Exposure exposure,
                              const model::ProgramIdentity& program, std::string user,
                              std::optional<base::Port> port) {
  model::ServiceKey key;
  key.protocol = socket.endpoint.protocol;
  key.exposure = exposure;
  key.port = port;
  key.program_kind = program.kind;
  key.program = program.id;
  key.user = std::move(user);
  return key;
}

std::size_t ServiceKeyHash::operator()(const model::ServiceKey& key) const noexcept {
  std::size_t hash = std::hash<std::string>{}(key.program);
  hash = hash * 31U + std::hash<std::string>{}(key.user);
  hash = hash * 65599U + (key.port ? key.port->value : 0U);
  return hash * 31U + static_cast<std::size_t>(key.exposure) * 2U + static_cast<std::size_t>(key.protocol);
}

}  // namespace portwatch::core
