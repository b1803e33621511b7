// SPDX-License-Identifier: Apache-2.0
#pragma once

// A port as a person writes it: "3000", ":3000", "udp/5353", "5353/udp", "127.0.0.1:3000", "[::1]:3000",
// "localhost:3000", "http://localhost:3000/path", "https://example.test" (443).

#include <optional>
#include <string_view>

#include "common/base/error.h"
#include "common/net/endpoint.h"

namespace portwatch::net {

struct PortQuery {
  base::Port port;
  std::optional<Protocol> protocol;  ///< unset: either
  std::optional<IpAddress> address;  ///< unset: any ("localhost" leaves it unset too)

  bool operator==(const PortQuery&) const = default;
};

/// Errors: kInvalidArgument with a message that shows what is allowed. Port 0 is refused.
[[nodiscard]] base::Result<PortQuery> parse_port_query(std::string_view text);

}  // namespace portwatch::net
