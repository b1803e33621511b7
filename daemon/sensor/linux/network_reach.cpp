// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_reach.h"

#include <algorithm>

#include "common/net/scope.h"
#include "daemon/sensor/linux/cgroup.h"

namespace portwatch::sensor {
namespace {

using model::Exposure;

/// Whether an address of the host on a bridge that leads nowhere else is one for which `test` holds.
template <class Test>
bool is_inside(const model::HostFacts& host, Test test) {
  return std::ranges::any_of(host.interfaces, [&](const model::Interface& interface) {
    return interface.is_bridge_without_uplink && std::ranges::any_of(interface.addresses, test);
  });
}

bool has_any(const NetworkReading& network, net::Scope scope) {
  return std::ranges::any_of(network.addresses,
                             [&](const auto& address) { return net::scope_of(address) == scope; });
}

}  // namespace

Exposure reach_of(const NetworkReading& network, const model::HostFacts& host) {
  if (!network.is_whole || has_any(network, net::Scope::kPublic)) return Exposure::kAny;
  if (std::ranges::all_of(network.addresses, [](const auto& address) {
        return net::scope_of(address) == net::Scope::kLoopback;
      }))
    return Exposure::kLoopback;
  if (network.routes.empty()) return Exposure::kLink;
  // Whatever a pod's own routes say, the other nodes of the cluster are led to it.
  Exposure reach = parse_cgroup(network.cgroup).is_pod ? Exposure::kLan : Exposure::kHostOnly;
  for (const Route& route : network.routes) {
    const bool is_on_link = route.gateway.is_wildcard();
    if (is_on_link && route.prefix == 0) return Exposure::kAny;  // a tunnel: wherever that leads
    const bool stays_inside = is_inside(host, [&](const net::IpAddress& address) {
      return is_on_link ? is_on(route, address) : address == route.gateway;
    });
    if (!stays_inside) reach = std::max(reach, is_on_link ? Exposure::kLink : Exposure::kAny);
  }
  return reach;
}

}  // namespace portwatch::sensor
