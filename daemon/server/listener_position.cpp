// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/listener_position.h"

#include <limits>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::server {

ListenerPosition ListenerPosition::of(const model::Listener& listener) {
  ListenerPosition position;
  position.port_ = listener.socket.endpoint.port;
  position.protocol_ = listener.socket.endpoint.protocol;
  position.address_ = listener.socket.endpoint.address;
  position.key_ = listener.key;
  return position;
}

std::string ListenerPosition::to_string() const {
  return fmt::format("{},{},{},{},{},{},{}", port_.value, base::name_of(protocol_), address_.to_string(),
                     key_.netns.value, base::name_of(key_.socket.kind), key_.socket.value, key_.generation);
}

std::optional<ListenerPosition> ListenerPosition::parse(std::string_view text, const std::string& boot_id) {
  const std::vector<std::string_view> parts = base::split(text, ',');
  if (parts.size() != 7) return std::nullopt;
  const auto port = base::parse_u64(parts[0]);
  const auto protocol = base::enum_from_name<net::Protocol>(parts[1]);
  const auto address = net::IpAddress::parse(parts[2]);
  const auto netns = base::parse_u64(parts[3]);
  const auto kind = base::enum_from_name<model::SocketId::Kind>(parts[4]);
  const auto socket = base::parse_u64(parts[5]);
  const auto generation = base::parse_u64(parts[6]);
  if (!port || *port > std::numeric_limits<std::uint16_t>::max() || !protocol || !address || !netns ||
      !kind || !socket || !generation ||
      *generation > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return std::nullopt;
  ListenerPosition position;
  position.port_ = {static_cast<std::uint16_t>(*port)};
  position.protocol_ = *protocol;
  position.address_ = *address;
  position.key_ = {.boot_id = boot_id,
                   .netns = {*netns},
                   .socket = {.kind = *kind, .value = *socket},
                   .generation = static_cast<std::int64_t>(*generation)};
  return position;
}

}  // namespace portwatch::server
