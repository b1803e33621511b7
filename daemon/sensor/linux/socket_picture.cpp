// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/socket_picture.h"

#include <algorithm>
#include <utility>

namespace portwatch::sensor {
namespace {

using model::Attribution;

/// A thread with descriptors of its own comes apart from the others of its process. A socket whose holders
/// all ended while they were looked at has none.
void finish(model::Sighting& sighting) {
  auto& owners = sighting.owners;
  if (owners.size() > 1) {
    std::ranges::sort(owners, {}, [](const auto& owner) { return owner->key; });
    const auto doubles = std::ranges::unique(owners, {}, [](const auto& owner) { return owner->key; });
    owners.erase(doubles.begin(), doubles.end());
  }
  if (owners.empty() && sighting.attribution == Attribution::kDenied) return;
  sighting.attribution = owners.empty()       ? Attribution::kExited
                         : owners.size() == 1 ? owners.front()->attribution
                                              : Attribution::kShared;
}

}  // namespace

bool SocketPicture::add(const bpf::Held& held) {
  const model::SocketRecord& socket = held.socket.record;
  const bool is_tcp = socket.endpoint.protocol == net::Protocol::kTcp;
  if (!(is_tcp ? held.socket.is_listening : !held.socket.is_connected)) return false;
  if (socket.netns != own_) held_elsewhere_.insert(by_inode(socket.netns, socket.inode));
  // A listener of MPTCP in another namespace, from before we came: nothing names it.
  if (socket.id.value == 0) return false;

  auto owner = questions_.process(held.holder, held.uid);
  const auto [at, is_new] = places_.try_emplace(Key{socket.netns, socket.id}, sightings_.size());
  if (is_new) {
    model::Sighting& sighting = sightings_.emplace_back();
    sighting.socket = socket;
    place(sighting.socket, held.socket.device_index, owner, *networks_, questions_.device_name);
    sighting.user = questions_.user_name(socket.uid);
  }
  const bool is_known = owner != nullptr;
  model::Sighting& sighting = sightings_[at->second];
  if (owner && (sighting.owners.empty() || sighting.owners.back() != owner))
    sighting.owners.push_back(std::move(owner));
  if (is_new) sighting.attribution = Attribution::kExact;
  if (!is_known && questions_.is_avoided(held.holder.key.pid)) sighting.attribution = Attribution::kDenied;
  return socket.bind_intent != model::BindIntent::kAuto;
}

std::vector<SocketRow> SocketPicture::unheld(const std::vector<SocketRow>& listed) const {
  std::vector<SocketRow> rows;
  for (const SocketRow& row : listed)
    if (!places_.contains(Key{own_, row.id})) rows.push_back(row);
  return rows;
}

bool SocketPicture::holds(base::Netns netns, std::uint64_t inode) const {
  return held_elsewhere_.contains(by_inode(netns, inode));
}

void SocketPicture::add_unheld(base::Netns netns, const SocketRow& row) {
  if (!places_.try_emplace(Key{netns, row.id}, sightings_.size()).second)
    return;  // a torn dump can show a row twice
  model::Sighting& sighting = sightings_.emplace_back();
  sighting.socket = {.netns = netns,
                     .id = row.id,
                     .inode = row.inode,
                     .endpoint = row.endpoint,
                     .is_v6only = row.is_v6only,
                     .uid = row.uid};
  place(sighting.socket, row.device_index, nullptr, *networks_, questions_.device_name);
  sighting.user = questions_.user_name(row.uid);
  sighting.attribution = Attribution::kKernel;
}

std::vector<model::Sighting> SocketPicture::take() {
  for (model::Sighting& sighting : sightings_)
    if (sighting.attribution != Attribution::kKernel) finish(sighting);
  places_.clear();
  held_elsewhere_.clear();
  return std::exchange(sightings_, {});
}

}  // namespace portwatch::sensor
