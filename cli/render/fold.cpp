// SPDX-License-Identifier: Apache-2.0
#include "cli/render/fold.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace portwatch::cli {
namespace {

/// Addresses of one place are folded: the two wildcards, the two names of localhost; any other address is its
/// own place.
enum class Place { kEverywhere, kLocalhost, kOne };

Place place_of(const net::IpAddress& address) {
  static const net::IpAddress kLocalhostV4 = net::IpAddress::v4({127, 0, 0, 1});
  static const net::IpAddress kLocalhostV6 =
      net::IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  if (address.is_wildcard()) return Place::kEverywhere;
  if (address == kLocalhostV4 || address == kLocalhostV6) return Place::kLocalhost;
  return Place::kOne;
}

using FoldKey =
    std::tuple<base::Netns, base::Port, net::Protocol, Place, net::IpAddress, std::string, model::Exposure,
               model::ProgramKind, std::string, std::string, std::string, model::Verdict, model::Attribution>;

FoldKey key_of(const model::Listener& listener) {
  const net::Endpoint& endpoint = listener.socket.endpoint;
  const Place place = place_of(endpoint.address);
  return {listener.socket.netns,
          endpoint.port,
          endpoint.protocol,
          place,
          place == Place::kOne ? endpoint.address : net::IpAddress(),
          listener.socket.device,
          listener.exposure,
          listener.program.kind,
          listener.program.id,
          listener.program.label,
          listener.service.user,
          listener.verdict,
          listener.attribution == model::Attribution::kShared ? model::Attribution::kExact
                                                              : listener.attribution};
}

std::string address_text(const net::IpAddress& address) {
  return address.family() == net::Family::kIpv6 ? fmt::format("[{}]", address.to_string())
                                                : address.to_string();
}

/// The device that it is tied to, and the network in which the address counts.
std::string suffix_of(const model::SocketRecord& socket) {
  return (socket.device.empty() ? "" : "%" + socket.device) +
         (socket.network.empty() ? "" : "@" + socket.network);
}

std::string address_of(const std::vector<model::ListenerRef>& sockets) {
  const model::SocketRecord& first = sockets.front()->socket;
  bool has_v4 = false;
  bool has_v6 = false;
  bool is_dual = false;
  for (const auto& listener : sockets) {
    const bool is_v4 = listener->socket.endpoint.address.family() == net::Family::kIpv4;
    (is_v4 ? has_v4 : has_v6) = true;
    if (!is_v4 && listener->socket.is_v6only == false) is_dual = true;
  }
  std::string text;
  switch (place_of(first.endpoint.address)) {
    case Place::kEverywhere:
      text = is_dual || (has_v4 && has_v6) ? "*" : address_text(first.endpoint.address);
      break;
    case Place::kLocalhost:
      text = has_v4 && has_v6 ? "localhost" : address_text(first.endpoint.address);
      break;
    case Place::kOne: text = address_text(first.endpoint.address); break;
  }
  return text + suffix_of(first);
}

void finish(ListenerGroup& group) {
  group.address = address_of(group.sockets);
  std::set<model::ProcessKey> seen;
  for (const auto& listener : group.sockets) {
    group.owners_left_out = std::max(group.owners_left_out, listener->owners_left_out);
    if (const auto& since = listener->unwatched_since)
      group.unwatched_since = std::min(group.unwatched_since.value_or(*since), *since);
    for (const auto& owner : listener->owners)
      if (owner && seen.insert(owner->key).second) group.owners.push_back(owner);
  }
  std::ranges::sort(group.owners, {}, [](const model::ProcessRef& owner) {
    return std::tuple(owner->key.start, owner->key.pid);
  });
}

}  // namespace

bool ListenerGroup::is_same_service(const model::Listener& listener) const {
  if (std::ranges::any_of(sockets, [&](const auto& socket) { return socket->key == listener.key; }))
    return true;
  return listener.redacted.empty() && first().redacted.empty() && listener.service == first().service;
}

std::string ListenerGroup::endpoint() const {
  const std::size_t end = std::min(address.find('@'), address.size());
  return fmt::format("{}:{}/{}{}", std::string_view(address).substr(0, end), port().value,
                     base::name_of(protocol()), std::string_view(address).substr(end));
}

std::vector<ListenerGroup> fold(std::span<const model::ListenerRef> listeners) {
  std::vector<ListenerGroup> groups;
  std::map<FoldKey, std::size_t> places;
  for (const auto& listener : listeners) {
    if (!listener) continue;
    const auto [place, is_new] = places.try_emplace(key_of(*listener), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].sockets.push_back(listener);
  }
  for (auto& group : groups) finish(group);
  return groups;
}

std::vector<ListenerGroup> each_alone(std::span<const model::ListenerRef> listeners) {
  std::vector<ListenerGroup> groups;
  for (const auto& listener : listeners) {
    if (!listener) continue;
    groups.push_back({.sockets = {listener}});
    const model::SocketRecord& socket = listener->socket;
    groups.back().address = address_text(socket.endpoint.address) + suffix_of(socket);
    std::string address = std::move(groups.back().address);
    finish(groups.back());
    groups.back().address = std::move(address);
  }
  return groups;
}

}  // namespace portwatch::cli
