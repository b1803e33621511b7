// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a socket can be reached: protocol, address and port.

#include <compare>
#include <cstdint>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/net/ip_address.h"

namespace portwatch::net {

enum class Protocol : std::uint8_t { kTcp, kUdp };

/// Where a socket is bound.
struct Endpoint {
  Protocol protocol = Protocol::kTcp;
  IpAddress address;
  base::Port port;

  /// "127.0.0.1:8080", "[::1]:8080"; with the protocol behind it by to_string(): "127.0.0.1:8080/tcp".
  [[nodiscard]] std::string address_and_port() const;
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace portwatch::net

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::net::Protocol> =
    std::to_array<std::string_view>({"tcp", "udp"});
