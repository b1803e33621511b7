// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/process_ends.h"

namespace portwatch::core {

void ProcessEnds::note(const model::ProcessKey& process, const model::Ending& ending) {
  const auto [known, is_new] = ends_.try_emplace(process);
  const bool says_more = known->second.ending.cause == model::EndCause::kEnded;
  if (is_new || says_more) known->second.ending = ending;
  if (!is_new) return;
  known->second.turn = ++turn_;
  order_.push_back(process);
  if (order_.size() <= kMost) return;
  ends_.erase(order_.front());
  order_.pop_front();
}

std::optional<model::Ending> ProcessEnds::of(const std::vector<model::ProcessRef>& holders) const {
  const Known* last = nullptr;
  for (const model::ProcessRef& holder : holders) {
    const auto known = ends_.find(holder->key);
    if (known == ends_.end()) return std::nullopt;
    if (last == nullptr || known->second.turn > last->turn) last = &known->second;
  }
  if (last == nullptr) return std::nullopt;
  return last->ending;
}

std::vector<model::ProcessRef> ProcessEnds::without_ended(std::vector<model::ProcessRef> processes) const {
  std::erase_if(processes, [&](const model::ProcessRef& process) { return ends_.contains(process->key); });
  return processes;
}

}  // namespace portwatch::core
