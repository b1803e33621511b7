// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_namespaces.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/sensor/linux/network_reach.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMostAsked = 6;

/// Bounded: what ends first makes room.
template <class Entry>
void keep(std::unordered_map<base::Netns, Entry>& entries, base::Netns netns, Entry entry) {
  if (entries.size() >= NetworkNamespaces::kMostKnown && !entries.contains(netns))
    entries.erase(std::ranges::min_element(entries, {}, [](const auto& one) { return one.second.until; }));
  entries.insert_or_assign(netns, std::move(entry));
}

}  // namespace

void NetworkNamespaces::begin_look(model::HostFactsRef host) {
  const std::scoped_lock lock(mutex_);
  host_ = std::move(host);
  refused_.clear();
}

NetworkNamespaces::Facts NetworkNamespaces::of(base::Netns netns, const model::ProcessRef& member) {
  if (netns == own_) return {};
  {
    const std::scoped_lock lock(mutex_);
    if (auto facts = remembered(netns, member)) return *std::move(facts);
  }
  return ask(netns, member);
}

NetworkNamespaces::Facts NetworkNamespaces::ask(base::Netns netns, const model::ProcessRef& member) {
  const std::scoped_lock asking(asking_mutex_);
  std::vector<base::Pid> to_ask;
  model::HostFactsRef host;
  {
    const std::scoped_lock lock(mutex_);
    if (auto facts = remembered(netns, member)) return *std::move(facts);  // meanwhile
    to_ask = whom_to_ask(netns, member);
    host = host_;
  }
  const auto reading = questions_.reading(netns, to_ask);
  Facts facts{.name = reading ? names_.name_of(netns, *reading) : names_.name_of(netns)};
  if (reading && host) facts.reach = reach_of(*reading, *host);
  const std::scoped_lock lock(mutex_);
  if (!reading) {
    note_refusal(netns, facts, to_ask);
    return facts;
  }
  refused_.erase(netns);
  keep(known_, netns,
       {.facts = facts, .inhabitant = reading->inhabitant, .until = questions_.now() + kKnownFor});
  return facts;
}

/// Whoever has not refused lately.
std::vector<base::Pid> NetworkNamespaces::whom_to_ask(base::Netns netns,
                                                      const model::ProcessRef& member) const {
  std::vector<base::Pid> candidates;
  if (const auto known = known_.find(netns); known != known_.end())
    candidates.push_back(known->second.inhabitant);
  if (member) {
    candidates.push_back(member->key.pid);
    for (const model::Ancestor& ancestor : member->ancestors)
      if (candidates.size() < kMostAsked) candidates.push_back(ancestor.pid);
  }
  const auto refused = refused_.find(netns);
  if (refused == refused_.end() || refused->second.until <= questions_.now()) return candidates;
  std::erase_if(candidates, [&](base::Pid candidate) {
    return std::ranges::find(refused->second.by, candidate) != refused->second.by.end();
  });
  return candidates;
}

std::optional<NetworkNamespaces::Facts> NetworkNamespaces::remembered(base::Netns netns,
                                                                      const model::ProcessRef& member) const {
  const base::BootTime now = questions_.now();
  if (const auto known = known_.find(netns); known != known_.end() && known->second.until > now)
    return known->second.facts;
  const auto refused = refused_.find(netns);
  if (refused == refused_.end() || refused->second.until <= now) return std::nullopt;
  const bool may_ask = refused->second.by.size() < kMostRefusals && !whom_to_ask(netns, member).empty();
  return may_ask ? std::nullopt : std::optional(refused->second.facts);
}

void NetworkNamespaces::note_refusal(base::Netns netns, const Facts& facts,
                                     const std::vector<base::Pid>& by) {
  const base::BootTime now = questions_.now();
  if (const auto refused = refused_.find(netns); refused != refused_.end() && refused->second.until > now) {
    refused->second.by.insert(refused->second.by.end(), by.begin(), by.end());
    return;
  }
  keep(refused_, netns, {.facts = facts, .by = by, .until = now + kRefusedFor});
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
