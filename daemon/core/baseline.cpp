// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/baseline.h"

#include <algorithm>
#include <span>

namespace portwatch::core {
namespace {

/// A program on thousands of ports must not make each alert expensive.
constexpr std::size_t kMaxCandidates = 256;
constexpr std::size_t kMaxDifferences = 2;

/// In what two programs differ that people call by the same name.
std::string_view difference_within(model::ProgramKind kind) {
  switch (kind) {
    case model::ProgramKind::kScript:
    case model::ProgramKind::kModule:
    case model::ProgramKind::kExecutable: return "folder";
    case model::ProgramKind::kInline: return "code";
    case model::ProgramKind::kContainer:
    case model::ProgramKind::kName:
    case model::ProgramKind::kUnattributed: break;
  }
  return "program";
}

std::vector<std::string_view> differences(const model::ServiceKey& service, std::string_view label,
                                          const model::BaselineEntry& entry) {
  const model::ServiceKey& known = entry.service;
  std::vector<std::string_view> fields;
  if (service.program_kind != known.program_kind || service.program != known.program) {
    const bool is_namesake = service.program_kind == known.program_kind && label == entry.label;
    fields.push_back(is_namesake ? difference_within(known.program_kind) : "program");
  }
  if (service.port != known.port) fields.emplace_back("port");
  if (service.exposure != known.exposure) fields.emplace_back("exposure");
  if (service.user != known.user) fields.emplace_back("user");
  if (service.protocol != known.protocol) fields.emplace_back("protocol");
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

void Baseline::remove(const model::ServiceKey& service) {
  const auto found = by_service_.find(service);
  if (found == by_service_.end()) return;
  std::erase(by_program_[{service.program_kind, service.program}], found->second);
  if (service.port) std::erase(by_port_[*service.port], found->second);
  by_service_.erase(found);
}

std::vector<model::BaselineEntry> Baseline::entries() const {
  std::vector<model::BaselineEntry> entries;
  entries.reserve(by_service_.size());
  for (const auto& [service, place] : by_service_) entries.push_back(entries_[place]);
  return entries;
}

std::optional<Neighbour> Baseline::nearest(const model::ServiceKey& service, std::string_view label) const {
  std::optional<Neighbour> best;
  const auto consider = [&](std::span<const std::size_t> candidates) {
    for (const std::size_t index : candidates.first(std::min(candidates.size(), kMaxCandidates))) {
      std::vector<std::string_view> fields = differences(service, label, entries_[index]);
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
