// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/baseline.h"

#include <algorithm>
#include <span>

namespace portwatch::core {
namespace {

/// A program on thousands of ports must not make each alert expensive.
constexpr std::size_t kMaxCandidates = 256;
constexpr std::size_t kMaxDifferences = 2;

std::vector<std::string_view> differences(const model::ServiceKey& a, const model::ServiceKey& b) {
  std::vector<std::string_view> fields;
  if (a.program_kind != b.program_kind || a.program != b.program) fields.emplace_back("program");
  if (a.port != b.port) fields.emplace_back("port");
  if (a.exposure != b.exposure) fields.emplace_back("exposure");
  if (a.user != b.user) fields.emplace_back("user");
  if (a.protocol != b.protocol) fields.emplace_back("protocol");
  return fields;
}

}  // namespace

Baseline::Baseline(std::vector<model::BaselineEntry> entries) {
  for (model::BaselineEntry& entry : entries) add(std::move(entry));
}

const model::BaselineEntry* Baseline::find(const model::ServiceKey& service) const {
  const auto found = by_service_.find(service);
  return found == by_service_.end() ? nullptr : &entries_[found->second];
}

void Baseline::add(model::BaselineEntry entry) {
  const auto [place, is_new] = by_service_.try_emplace(entry.service, entries_.size());
  if (!is_new) {
    entries_[place->second] = std::move(entry);
    return;
  }
  by_program_[{entry.service.program_kind, entry.service.program}].push_back(entries_.size());
  if (entry.service.port) by_port_[*entry.service.port].push_back(entries_.size());
  entries_.push_back(std::move(entry));
}

std::optional<Neighbour> Baseline::nearest(const model::ServiceKey& service) const {
  std::optional<Neighbour> best;
  const auto consider = [&](std::span<const std::size_t> candidates) {
    for (const std::size_t index : candidates.first(std::min(candidates.size(), kMaxCandidates))) {
      std::vector<std::string_view> fields = differences(service, entries_[index].service);
      if (fields.empty() || fields.size() > kMaxDifferences) continue;
      if (!best || fields.size() < best->differences.size()) best = {&entries_[index], std::move(fields)};
    }
  };
  if (const auto found = by_program_.find({service.program_kind, service.program});
      found != by_program_.end())
    consider(found->second);
  if (service.port)
    if (const auto found = by_port_.find(*service.port); found != by_port_.end()) consider(found->second);
  return best;
}

}  // namespace portwatch::core
