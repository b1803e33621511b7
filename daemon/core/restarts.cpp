// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/restarts.h"

#include <algorithm>
#include <ranges>

#include "common/model/restart_window.h"

namespace portwatch::core {
namespace {

/// Churn must not fill the memory.
constexpr std::size_t kMaxRemembered = 20'000;
/// A service with thousands of sockets must not make each newcomer expensive.
constexpr std::size_t kMaxCompared = 64;

}  // namespace

void Restarts::add(model::ListenerRef closed, base::BootTime now) {
  auto item = std::make_shared<Closed>(Closed{std::move(closed), now});
  by_service_[item->listener->service].push_back(item);
  by_age_.push_back(std::move(item));
  expire(now);
}

std::optional<model::ListenerKey> Restarts::take(const model::Listener& newcomer) {
  const auto found = by_service_.find(newcomer.service);
  if (found == by_service_.end()) return std::nullopt;
  auto& candidates = found->second;
  const auto some = candidates | std::views::take(kMaxCompared);
  auto chosen = std::ranges::find_if(some, [&](const std::shared_ptr<Closed>& item) {
    return item->listener->socket.endpoint == newcomer.socket.endpoint;
  });
  if (chosen == some.end()) chosen = some.begin();
  const std::shared_ptr<Closed> item = *chosen;
  item->is_taken = true;
  candidates.erase(candidates.begin() + (chosen - some.begin()));
  if (candidates.empty()) by_service_.erase(found);
  return item->listener->key;
}

void Restarts::expire(base::BootTime now) {
  while (!by_age_.empty()) {
    const Closed& oldest = *by_age_.front();
    if (!oldest.is_taken && by_age_.size() <= kMaxRemembered && now - oldest.noticed <= model::kRestartWindow)
      break;
    if (!oldest.is_taken) {
      const auto found = by_service_.find(oldest.listener->service);
      found->second.pop_front();  // both queues are in order of age
      if (found->second.empty()) by_service_.erase(found);
    }
    by_age_.pop_front();
  }
}

}  // namespace portwatch::core
