// SPDX-License-Identifier: Apache-2.0
#pragma once

// What /proc/PID/net says about a network namespace (proc(5); net/ipv4/fib_trie.c and net/ipv6/route.c for
// what that leaves out). Pure: texts in, values out. Lines that do not fit are passed over.

#include <string_view>
#include <vector>

#include "common/net/ip_address.h"

namespace portwatch::sensor {

/// Addresses of the namespace from fib_trie, each once.
[[nodiscard]] std::vector<net::IpAddress> parse_fib_trie(std::string_view text);
/// The same from if_inet6.
[[nodiscard]] std::vector<net::IpAddress> parse_if_inet6(std::string_view text);

/// Where packets for some addresses go.
struct Route {
  net::IpAddress network;
  unsigned prefix = 0;     ///< how many bits of `network` count
  net::IpAddress gateway;  ///< of the same family; a wildcard: there is none, they are on the link

  bool operator==(const Route&) const = default;
};

/// Routes that lead out of the namespace, from route (IPv4).
[[nodiscard]] std::vector<Route> parse_routes(std::string_view text);
/// The same from ipv6_route, without those that every link has (link-local, multicast).
[[nodiscard]] std::vector<Route> parse_ipv6_routes(std::string_view text);

/// Whether the route is for the address too.
[[nodiscard]] bool is_on(const Route& route, const net::IpAddress& address);

}  // namespace portwatch::sensor
