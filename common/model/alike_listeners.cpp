// SPDX-License-Identifier: Apache-2.0
#include "common/model/alike_listeners.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace portwatch::model {
namespace {

Process in_brief(const Process& process) {
  return {.key = process.key,
          .name = process.name,
          .uid = process.uid,
          .user = process.user,
          .unit = process.unit};
}

bool is_alike(const ProcessRef& a, const ProcessRef& b) {
  const auto shown = [](const Process& process) {
    return std::tie(process.key, process.name, process.uid, process.user, process.unit);
  };
  return a == b || (a && b && shown(*a) == shown(*b));
}

}  // namespace

Listener in_brief(const Listener& listener) {
  Listener brief;
  brief.socket = {.netns = listener.socket.netns,
                  .endpoint = listener.socket.endpoint,
                  .is_v6only = listener.socket.is_v6only,
                  .device = listener.socket.device,
                  .network = listener.socket.network,
                  .uid = listener.socket.uid};
  brief.exposure = listener.exposure;
  brief.owners.reserve(listener.owners.size());
  for (const ProcessRef& owner : listener.owners)
    brief.owners.push_back(std::make_shared<const Process>(in_brief(*owner)));
  brief.owners_left_out = listener.owners_left_out;
  brief.attribution = listener.attribution;
  brief.program = listener.program;
  brief.service.user = listener.service.user;
  brief.verdict = listener.verdict;
  brief.opened = {.at = listener.opened.at, .precision = listener.opened.precision};
  brief.unwatched_since = listener.unwatched_since;
  brief.redacted = listener.redacted;
  return brief;
}

std::size_t AlikeListenersBuilder::Hash::operator()(const Listener* listener) const noexcept {
  const std::hash<std::string_view> of_text;
  std::size_t hash = of_text(listener->program.id);
  const auto mix = [&hash](std::size_t value) { hash = hash * 31U + value; };
  for (const std::uint8_t octet : listener->socket.endpoint.address.octets()) mix(octet);
  mix(static_cast<std::size_t>(listener->socket.endpoint.protocol));
  mix(of_text(listener->service.user));
  if (!listener->owners.empty() && listener->owners.front())
    mix(std::hash<ProcessKey>{}(listener->owners.front()->key));
  return hash;
}

bool AlikeListenersBuilder::IsAlike::operator()(const Listener* a, const Listener* b) const noexcept {
  const auto shown = [](const Listener& listener) {
    const SocketRecord& socket = listener.socket;
    return std::tie(socket.netns, socket.endpoint.protocol, socket.endpoint.address, socket.is_v6only,
                    socket.device, socket.network, socket.uid, listener.exposure, listener.attribution,
                    listener.program, listener.service.user, listener.verdict, listener.opened.precision,
                    listener.unwatched_since, listener.owners_left_out, listener.redacted);
  };
  return shown(*a) == shown(*b) && std::ranges::equal(a->owners, b->owners, is_alike);
}

void AlikeListenersBuilder::add(const ListenerRef& listener) {
  const auto [place, is_new] = places_.try_emplace(listener.get(), entries_.size());
  if (is_new) {
    firsts_.push_back(listener);
    Listener common = in_brief(*listener);
    common.socket.endpoint.port = {};
    common.opened.at = {};
    entries_.push_back({.common = std::move(common)});
  }
  AlikeListeners& entry = entries_[place->second];
  entry.ports.push_back(listener->socket.endpoint.port);
  entry.opened_at.push_back(listener->opened.at);
}

std::vector<ListenerRef> spread(const std::vector<AlikeListeners>& entries) {
  std::vector<ListenerRef> listeners;
  for (const AlikeListeners& entry : entries) {
    for (std::size_t i = 0; i < std::min(entry.ports.size(), entry.opened_at.size()); ++i) {
      auto listener = std::make_shared<Listener>(entry.common);
      listener->socket.endpoint.port = entry.ports[i];
      listener->opened.at = entry.opened_at[i];
      listeners.push_back(std::move(listener));
    }
  }
  std::ranges::sort(listeners, {}, [](const ListenerRef& listener) {
    const net::Endpoint& endpoint = listener->socket.endpoint;
    return std::tie(endpoint.port, endpoint.protocol, endpoint.address);
  });
  return listeners;
}

}  // namespace portwatch::model
