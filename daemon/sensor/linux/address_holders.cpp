// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/address_holders.h"

#include <algorithm>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "common/net/scope.h"

namespace portwatch::sensor {
namespace {

using model::HolderKind;
using model::SeenHolder;
using model::SocketRecord;

/// Whether a socket of IPv6 has an IPv4 address too: as a wildcard that is not for IPv6 alone.
bool covers_ipv4(const SocketRecord& socket) {
  return socket.endpoint.address.is_wildcard() && !socket.is_v6only.value_or(false);
}

bool do_addresses_meet(const SocketRecord& a, const SocketRecord& b) {
  const net::IpAddress first = a.endpoint.address.unmapped();
  const net::IpAddress second = b.endpoint.address.unmapped();
  if (first.family() == second.family())
    return first == second || first.is_wildcard() || second.is_wildcard();
  return covers_ipv4(first.family() == net::Family::kIpv6 ? a : b);
}

/// bind(2) takes these without looking for an interface.
bool needs_interface(const net::IpAddress& address) {
  switch (net::scope_of(address.unmapped())) {
    case net::Scope::kWildcard:
    case net::Scope::kLoopback:
    case net::Scope::kMulticast: return false;
    case net::Scope::kLink:
    case net::Scope::kPrivate:
    case net::Scope::kPublic: break;
  }
  return true;
}

/// What listens is the reason before what is bound, and that before what is left of connections.
void keep_likeliest(std::vector<SeenHolder>& holders) {
  const auto likeliest = std::ranges::min_element(holders, {}, &SeenHolder::kind);
  if (likeliest == holders.end()) return;
  const HolderKind kind = likeliest->kind;
  std::erase_if(holders, [&](const SeenHolder& holder) { return holder.kind != kind; });
}

}  // namespace

bool may_block(const SocketRecord& held, const SocketRecord& wanted) {
  if (held.id == wanted.id) return false;  // what is wanted itself
  if (!held.device.empty() && !wanted.device.empty() && held.device != wanted.device) return false;
  return do_addresses_meet(held, wanted);
}

bool AddressHolders::may_look(Budget& budget, base::Uid user) {
  const base::BootTime now = questions_.now().boot;
  if (now - budget.since >= std::chrono::seconds{1}) {
    budget.used = 0;
    budget.since = now;
    budget.by_user.clear();
  }
  if (budget.used >= budget.most) return false;
  int& used = budget.by_user[user];
  if (used >= budget.most_of_user) return false;
  ++used;
  ++budget.used;
  return true;
}

std::vector<SeenHolder> AddressHolders::listed(const SocketRecord& wanted, bool is_listening) {
  std::vector<SeenHolder> holders;
  if (!may_look(tables_, wanted.uid)) return holders;
  const auto rows = questions_.table(wanted.endpoint.protocol, wanted.endpoint.port, is_listening);
  if (!rows) return holders;
  for (const PortRow& row : *rows) {
    SeenHolder holder{.kind = row.kind,
                      .socket = {.netns = own_,
                                 .id = row.socket.id,
                                 .inode = row.socket.inode,
                                 .endpoint = row.socket.endpoint,
                                 .is_v6only = row.socket.is_v6only,
                                 .device = questions_.device_name(row.socket.device_index),
                                 .uid = row.socket.uid},
                      .process = nullptr};
    if (may_block(holder.socket, wanted)) holders.push_back(std::move(holder));
  }
  return holders;
}

/// Of another network namespace, whose tables are not ours to read: what processes hold.
std::vector<SeenHolder> AddressHolders::held(const SocketRecord& wanted) {
  std::vector<SeenHolder> holders;
  if (!may_look(descriptors_, wanted.uid)) return holders;
  const auto rows = questions_.descriptors(wanted.endpoint.port);
  if (!rows) return holders;
  for (const bpf::Held& row : *rows) {
    const SocketRecord& socket = row.socket.record;
    const bool is_there = socket.netns == wanted.netns &&
                          socket.endpoint.protocol == wanted.endpoint.protocol && may_block(socket, wanted);
    if (!is_there ||
        std::ranges::any_of(holders, [&](const SeenHolder& one) { return one.socket.id == socket.id; }))
      continue;
    const bool listens = socket.endpoint.protocol == net::Protocol::kUdp || row.socket.is_listening;
    const HolderKind kind = row.socket.is_connected ? HolderKind::kConnection
                            : listens               ? HolderKind::kListener
                                                    : HolderKind::kBound;
    holders.push_back({.kind = kind, .socket = socket, .process = questions_.process(row.holder, row.uid)});
    if (holders.size() == kMostHolders) break;
  }
  keep_likeliest(holders);
  return holders;
}

/// Who holds what does not listen: listeners are known to whoever hears of this.
void AddressHolders::name(std::vector<SeenHolder>& holders, const SocketRecord& wanted) {
  const auto wants_name = [](const SeenHolder& holder) {
    return holder.kind == HolderKind::kBound || holder.kind == HolderKind::kConnection;
  };
  if (std::ranges::none_of(holders, wants_name) || !may_look(descriptors_, wanted.uid)) return;
  const auto rows = questions_.descriptors(wanted.endpoint.port);
  if (!rows) return;
  std::unordered_map<std::uint64_t, const bpf::Held*> by_inode;
  for (const bpf::Held& row : *rows)
    if (row.socket.record.netns == own_) by_inode.emplace(row.socket.record.inode, &row);
  for (SeenHolder& holder : holders | std::views::take(kMostHolders)) {
    const auto found = by_inode.find(holder.socket.inode);
    if (wants_name(holder) && holder.socket.inode != 0 && found != by_inode.end())
      holder.process = questions_.process(found->second->holder, found->second->uid);
  }
}

std::vector<SeenHolder> AddressHolders::look(model::Wish wish, const SocketRecord& wanted) {
  if (wanted.netns != own_) return held(wanted);
  std::vector<SeenHolder> holders = listed(wanted, true);
  // Only another listener makes listen(2) fail.
  if (holders.empty() && wish == model::Wish::kBind && wanted.endpoint.protocol == net::Protocol::kTcp)
    holders = listed(wanted, false);
  keep_likeliest(holders);
  name(holders, wanted);
  return holders;
}

AddressHolders::Finding AddressHolders::find(model::Wish wish, const SocketRecord& wanted,
                                             bool lacks_privilege) {
  const net::IpAddress& address = wanted.endpoint.address;
  if (lacks_privilege) {
    // For IPv4 the kernel looks for the address first. Of other networks we do not know which they have.
    const bool is_asked_first = address.family() == net::Family::kIpv6 || !needs_interface(address);
    if (is_asked_first || wanted.netns != own_)
      return {.cause = model::ConflictCause::kPrivilege, .is_certain = is_asked_first, .holders = {}};
    if (!questions_.has_address(address))
      return {.cause = model::ConflictCause::kNoSuchAddress, .is_certain = false, .holders = {}};
    return {.cause = model::ConflictCause::kPrivilege, .is_certain = true, .holders = {}};
  }
  Finding finding;
  if (wanted.endpoint.port != base::Port{0}) finding.holders = look(wish, wanted);
  const bool has_it = std::ranges::any_of(
      finding.holders, [&](const SeenHolder& holder) { return holder.socket.endpoint.address == address; });
  const bool may_be_missing = wish == model::Wish::kBind && wanted.netns == own_ && !has_it;
  if (may_be_missing && needs_interface(address) && !questions_.has_address(address)) {
    finding.cause = model::ConflictCause::kNoSuchAddress;
    finding.holders.clear();
  } else if (!finding.holders.empty()) {
    finding.cause = model::ConflictCause::kInUse;
  }
  if (finding.holders.size() > kMostHolders) {
    finding.holders_left_out = finding.holders.size() - kMostHolders;
    finding.holders.resize(kMostHolders);
  }
  return finding;
}

}  // namespace portwatch::sensor
