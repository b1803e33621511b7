// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/holders.h"

#include <algorithm>

#include "common/model/program_name.h"
#include "daemon/core/program_identity.h"
#include "daemon/core/service_key.h"

namespace portwatch::core {
namespace {

model::AddressHolder describe_holder(const model::SeenHolder& seen, const model::ProcessRef& refused,
                                     const Tracker& tracker) {
  model::AddressHolder holder{
      .kind = seen.kind, .endpoint = seen.socket.endpoint, .device = seen.socket.device};
  if (seen.kind == model::HolderKind::kTimeWait) return holder;
  const model::Process* process = seen.process.get();
  holder.user = service_user(seen.socket, {});
  const model::ListenerRef listener =
      seen.kind == model::HolderKind::kListener ? tracker.find(seen.socket.netns, seen.socket.id) : nullptr;
  const auto is_refused = [&](const model::ProcessRef& owner) {
    return owner && refused && owner->key == refused->key;
  };
  holder.is_same_process = is_refused(seen.process);
  if (listener) {
    holder.listener = listener->key;
    holder.user = listener->service.user;
    if (process == nullptr) process = oldest_of(listener->owners);
    holder.is_same_process = holder.is_same_process || std::ranges::any_of(listener->owners, is_refused);
  }
  if (process != nullptr) {
    holder.program = model::program_or_own_name(*process);
    holder.pid = process->key.pid;
    if (process->user) holder.user = *process->user;
  }
  return holder;
}

}  // namespace

model::ConflictDetail describe_conflict(const model::WishRefused& refused, const model::Listener& wanted,
                                        const Tracker& tracker) {
  model::ConflictDetail detail{.wish = refused.wish,
                               .cause = refused.cause,
                               .is_certain = refused.is_certain,
                               .count = static_cast<std::int64_t>(refused.count),
                               .first_at = wanted.opened.at};
  const std::size_t told = std::min(refused.holders.size(), model::kMostAddressHolders);
  for (std::size_t i = 0; i < told; ++i)
    detail.holders.push_back(describe_holder(refused.holders[i], refused.by, tracker));
  detail.holders_left_out = refused.holders.size() - told + refused.holders_left_out;
  return detail;
}

}  // namespace portwatch::core
