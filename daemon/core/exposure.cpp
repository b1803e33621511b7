// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/exposure.h"

#include <algorithm>

#include "common/net/scope.h"

namespace portwatch::core {
namespace {

using model::Exposure;

/// Groups end where their scope does: RFC 4291 2.7 for IPv6, RFC 5771 and RFC 2365 for IPv4.
Exposure multicast_exposure(const net::IpAddress& address) {
  const auto octets = address.octets();
  if (address.family() == net::Family::kIpv6) {
    const unsigned scope = octets[1] & 0x0fU;
    if (scope <= 1) return Exposure::kLoopback;
    if (scope == 2) return Exposure::kLink;
    return scope <= 8 ? Exposure::kLan : Exposure::kPublic;
  }
  if (octets[0] == 255 || (octets[0] == 224 && octets[1] == 0 && octets[2] == 0)) return Exposure::kLink;
  return octets[0] == 239 ? Exposure::kLan : Exposure::kPublic;
}

Exposure address_exposure(const net::IpAddress& address) {
  switch (net::scope_of(address)) {
    case net::Scope::kLoopback: return Exposure::kLoopback;
    case net::Scope::kLink: return Exposure::kLink;
    case net::Scope::kPrivate: return Exposure::kLan;
    case net::Scope::kPublic: return Exposure::kPublic;
    case net::Scope::kWildcard: return Exposure::kAny;
    case net::Scope::kMulticast: return multicast_exposure(address);
  }
  return Exposure::kAny;
}

const model::Interface* find_interface(const model::HostFacts& host, const std::string& name) {
  const auto found = std::ranges::find(host.interfaces, name, &model::Interface::name);
  return found == host.interfaces.end() ? nullptr : &*found;
}

/// A wildcard on one device answers at that device's addresses: the widest of them counts.
Exposure widest_of(const model::Interface& device, net::Family family, bool is_v6only) {
  std::optional<Exposure> widest;
  for (const net::IpAddress& address : device.addresses) {
    const bool is_reachable = address.family() == family || (family == net::Family::kIpv6 && !is_v6only);
    if (is_reachable) widest = std::max(widest.value_or(Exposure::kLoopback), address_exposure(address));
  }
  return widest.value_or(Exposure::kAny);
}

/// Every interface that has this address is a bridge behind which there is this host alone.
bool is_host_only(const net::IpAddress& address, const model::HostFacts& host) {
  bool found = false;
  for (const model::Interface& interface : host.interfaces) {
    const bool has_it = std::ranges::any_of(interface.addresses, [&](const net::IpAddress& candidate) {
      return candidate.unmapped() == address;
    });
    if (!has_it) continue;
    if (!interface.is_bridge_without_uplink) return false;
    found = true;
  }
  return found;
}

}  // namespace

Exposure exposure_of(const model::SocketRecord& socket, const model::HostFacts& host) {
  // The addresses and devices of another network are not the host's.
  if (!socket.network.empty())
    return socket.device == "lo"
               ? Exposure::kLoopback
               : std::min(address_exposure(socket.endpoint.address.unmapped()), socket.reach);
  const net::IpAddress address = socket.endpoint.address.unmapped();
  if (!socket.device.empty()) {
    const model::Interface* device = find_interface(host, socket.device);
    if (device == nullptr && socket.device == "lo") return Exposure::kLoopback;
    if (device != nullptr && device->is_loopback) return Exposure::kLoopback;
    if (device != nullptr && device->is_bridge_without_uplink) return Exposure::kHostOnly;
    if (device != nullptr && address.is_wildcard())
      return widest_of(*device, address.family(), socket.is_v6only.value_or(false));
  }
  const Exposure exposure = address_exposure(address);
  const bool may_be_inside = exposure != Exposure::kLoopback && exposure != Exposure::kAny;
  return may_be_inside && is_host_only(address, host) ? Exposure::kHostOnly : exposure;
}

}  // namespace portwatch::core
