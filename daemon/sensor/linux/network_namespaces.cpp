// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_namespaces.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/sensor/linux/network_reach.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMostAsked = 6;

}  // namespace

void NetworkNamespaces::set_host(model::HostFactsRef host) {
  const std::scoped_lock lock(mutex_);
  host_ = std::move(host);
}

NetworkNamespaces::Facts NetworkNamespaces::of(base::Netns netns, const model::ProcessRef& member) {
  if (netns == own_) return {};
  {
    const std::scoped_lock lock(mutex_);
    const auto known = known_.find(netns);
    if (known != known_.end() && known->second.until > questions_.now()) return known->second.facts;
  }
  return ask(netns, member);
}

NetworkNamespaces::Facts NetworkNamespaces::ask(base::Netns netns, const model::ProcessRef& member) {
  const std::scoped_lock asking(asking_mutex_);
  std::vector<base::Pid> candidates;
  model::HostFactsRef host;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = known_.find(netns); known != known_.end())
      candidates.push_back(known->second.inhabitant);
    host = host_;
  }
  if (member) {
    candidates.push_back(member->key.pid);
    for (const model::Ancestor& ancestor : member->ancestors)
      if (candidates.size() < kMostAsked) candidates.push_back(ancestor.pid);
  }
  const auto reading = questions_.reading(netns, std::move(candidates));
  if (!reading) return {.name = names_.name_of(netns)};
  Facts facts{.name = names_.name_of(netns, *reading)};
  if (host) facts.reach = reach_of(*reading, *host);
  keep(netns, {.facts = facts, .inhabitant = reading->inhabitant, .until = questions_.now() + kKnownFor});
  return facts;
}

std::vector<base::Netns> NetworkNamespaces::inhabited() {
  std::vector<base::Netns> networks;
  const std::scoped_lock lock(mutex_);
  for (const auto& [netns, known] : known_) networks.push_back(netns);
  return networks;
}

std::optional<std::vector<SocketRow>> NetworkNamespaces::tables_of(base::Netns netns) {
  const std::scoped_lock asking(asking_mutex_);
  base::Pid inhabitant;
  {
    const std::scoped_lock lock(mutex_);
    const auto known = known_.find(netns);
    if (known == known_.end()) return std::nullopt;
    inhabitant = known->second.inhabitant;
  }
  return questions_.tables(netns, {inhabitant});
}

void NetworkNamespaces::keep(base::Netns netns, Known known) {
  const std::scoped_lock lock(mutex_);
  if (known_.size() >= kMostKnown && !known_.contains(netns))
    known_.erase(std::ranges::min_element(known_, {}, [](const auto& one) { return one.second.until; }));
  known_.insert_or_assign(netns, std::move(known));
}

void place(model::SocketRecord& socket, std::uint32_t device_index, const model::ProcessRef& member,
           NetworkNamespaces& networks, const std::function<std::string(std::uint32_t)>& device_name) {
  NetworkNamespaces::Facts facts = networks.of(socket.netns, member);
  constexpr std::uint32_t kLoopbackIndex = 1;  // in every namespace (net/flow.h: LOOPBACK_IFINDEX)
  if (device_index != 0 && facts.name.empty())
    socket.device = device_name(device_index);
  else if (device_index != 0)
    socket.device = device_index == kLoopbackIndex ? "lo" : fmt::format("if{}", device_index);
  socket.network = std::move(facts.name);
  socket.reach = facts.reach;
}

}  // namespace portwatch::sensor
