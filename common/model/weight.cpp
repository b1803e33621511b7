// SPDX-License-Identifier: Apache-2.0
#include "common/model/weight.h"

namespace portwatch::model {
namespace {

// The names of the fields, numbers and times of one value.
constexpr std::size_t kListenerFrame = 1500;
constexpr std::size_t kBriefListenerFrame = 500;
constexpr std::size_t kProcessFrame = 640;
constexpr std::size_t kBriefProcessFrame = 120;
constexpr std::size_t kAncestorFrame = 64;
constexpr std::size_t kAlertFrame = 300;
constexpr std::size_t kEventFrame = 300;
constexpr std::size_t kTextFrame = 8;
constexpr std::size_t kTableFrame = 80;
constexpr std::size_t kBaselineFrame = 400;
constexpr std::size_t kHolderFrame = 400;
constexpr std::size_t kConnectionFrame = 300;
constexpr std::size_t kPartyFrame = 100;

/// As many bytes as it can take in JSON, where control characters are escaped, and bytes that are no UTF-8
/// become three (common/json/text.h).
std::size_t weight(const std::string& text) {
  std::size_t sum = kTextFrame;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      sum += 6;
    else if (byte >= 0x80)
      sum += 3;
    else
      sum += c == '"' || c == '\\' ? 2 : 1;
  }
  return sum;
}

std::size_t weight(const std::optional<std::string>& text) {
  return text ? weight(*text) : 0;
}

std::size_t weight(const std::vector<ProcessRef>& processes) {
  std::size_t sum = 0;
  for (const ProcessRef& process : processes) sum += portwatch::model::weight(process);
  return sum;
}

std::size_t weight(const Coverage& coverage) {
  std::size_t sum = (coverage.tables.size() + coverage.holes.size()) * kTableFrame;
  for (const Hole& hole : coverage.holes) sum += weight(hole.reason);
  return sum;
}

/// One for each kind of detail.
struct DetailWeight {
  std::size_t operator()(const std::monostate& /*none*/) const { return 0; }
  std::size_t operator()(const StartedDetail& started) const {
    return weight(started.version) + weight(started.sensor);
  }
  std::size_t operator()(const GapDetail& gap) const { return weight(gap.reason); }
  std::size_t operator()(const SuspendedDetail& /*suspended*/) const { return 0; }
  std::size_t operator()(const CoverageDetail& changed) const { return weight(changed.coverage); }
  std::size_t operator()(const OpenedDetail& opened) const { return opened.replaces ? kEventFrame : 0; }
  std::size_t operator()(const OwnerChangedDetail& changed) const {
    return weight(changed.added) + weight(changed.removed);
  }
  std::size_t operator()(const AlertDetail& detail) const { return portwatch::model::weight(detail.alert); }
  std::size_t operator()(const PolicyDetail& policy) const {
    std::size_t sum = 0;
    for (const BaselineEntry& entry : policy.added) sum += portwatch::model::weight(entry);
    return sum;
  }
  std::size_t operator()(const ConflictDetail& conflict) const {
    std::size_t sum = kEventFrame;
    for (const AddressHolder& holder : conflict.holders)
      sum += kHolderFrame + weight(holder.device) + weight(holder.program) + weight(holder.user);
    return sum;
  }
};

}  // namespace

std::size_t weight(const ProcessRef& reference) {
  const Process& process = *reference;
  std::size_t sum = kProcessFrame + weight(process.name) + weight(process.cwd) + weight(process.user) +
                    weight(process.unit) + weight(process.container) + weight(process.container_name) +
                    weight(process.login.user) + weight(process.login.terminal) + weight(process.login.peer);
  if (process.exe) sum += weight(process.exe->path);
  for (const std::string& argument : process.argv) sum += weight(argument);
  for (const Ancestor& ancestor : process.ancestors) sum += kAncestorFrame + weight(ancestor.name);
  return sum;
}

std::size_t weight(const BaselineEntry& entry) {
  return kBaselineFrame + weight(entry.label) + weight(entry.added_by) + weight(entry.service.program) +
         weight(entry.service.user);
}

std::size_t weight(const Listener& listener) {
  return kListenerFrame + weight(listener.socket.network) + weight(listener.owners) +
         weight(listener.program.id) + weight(listener.program.label) + weight(listener.service.program) +
         weight(listener.service.user) + weight(listener.ending.signal);
}

std::size_t weight_in_brief(const Listener& listener) {
  std::size_t sum = kBriefListenerFrame + weight(listener.socket.network) + weight(listener.program.id) +
                    weight(listener.program.label) + weight(listener.service.user);
  for (const ProcessRef& owner : listener.owners)
    sum += kBriefProcessFrame + weight(owner->name) + weight(owner->user) + weight(owner->unit);
  return sum;
}

std::size_t weight(const Alert& alert) {
  std::size_t sum = kAlertFrame + weight(alert.changed_by) + weight(*alert.listener);
  for (const Reason& reason : alert.reasons) sum += kTextFrame + weight(reason.text);
  return sum;
}

std::size_t weight(const Event& event) {
  return kEventFrame + (event.listener ? weight(*event.listener) : 0) +
         std::visit(DetailWeight{}, event.detail);
}

std::size_t weight(const Connection& connection) {
  std::size_t sum = kConnectionFrame;
  for (const std::vector<Party>* parties : {&connection.servers, &connection.clients})
    for (const Party& party : *parties) sum += kPartyFrame + weight(party.program) + weight(party.user);
  return sum;
}

}  // namespace portwatch::model
