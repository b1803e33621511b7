// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far an address reaches, from one table of the special-purpose address registries (RFC 6890 and its
// updates).

#include <cstdint>

#include "common/net/ip_address.h"

namespace portwatch::net {

enum class Scope : std::uint8_t {
  kLoopback,   ///< 127.0.0.0/8, ::1
  kLink,       ///< 169.254.0.0/16, fe80::/10
  kPrivate,    ///< 10/8, 172.16/12, 192.168/16, 100.64/10 (shared, RFC 6598), fc00::/7
  kPublic,     ///< everything else that can be routed
  kWildcard,   ///< 0.0.0.0, ::
  kMulticast,  ///< 224.0.0.0/4, ff00::/8, 255.255.255.255
};

/// The scope of an address; a v4-mapped address has the scope of the IPv4 address in it.
[[nodiscard]] Scope scope_of(const IpAddress& address);

}  // namespace portwatch::net
