// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/reason_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/core/program_identity.h"

namespace portwatch::core {
namespace {

constexpr std::size_t kMaxAncestors = 4;
constexpr base::Pid kInit{1};

std::string user_text(const model::Listener& listener) {
  return "user " + listener.service.user;
}

std::string unattributed_subject(const model::Listener& listener) {
  const std::string user = user_text(listener);
  switch (listener.attribution) {
    case model::Attribution::kDenied:
      return fmt::format("a program of {} that portwatch may not look into", user);
    case model::Attribution::kExited:
      return fmt::format("a program of {} that ended while it was looked at", user);
    case model::Attribution::kOtherNamespace:
      return fmt::format("a program of {} in another pid namespace", user);
    case model::Attribution::kExact:
    case model::Attribution::kShared:
    case model::Attribution::kKernel: break;
  }
  return fmt::format("a socket of {} that no process holds", user);
}

std::string subject(const model::Listener& listener) {
  if (listener.program.kind == model::ProgramKind::kUnattributed) return unattributed_subject(listener);
  return fmt::format("{} ({})", listener.program.label, user_text(listener));
}

/// "bash ‹ gnome-terminal", nearest first, a name that repeats once, without pid 1 when somebody stands
/// between; for a service "systemd (nginx.service)".
std::string ancestry(const model::Process& process) {
  std::string text;
  std::size_t count = 0;
  std::string_view last;
  for (const model::Ancestor& ancestor : process.ancestors) {
    if (ancestor.pid == kInit && count > 0) break;
    if (ancestor.name == last) continue;
    last = ancestor.name;
    if (count++ == kMaxAncestors) {
      text += " ‹ …";
      break;
    }
    text += count == 1 ? ancestor.name : " ‹ " + ancestor.name;
  }
  const bool is_service = process.unit && process.unit->ends_with(".service") && count <= 1;
  return is_service ? fmt::format("{} ({})", text.empty() ? "systemd" : text, *process.unit) : text;
}

std::string port_text(const std::optional<base::Port>& port) {
  return port ? fmt::format("port {}", port->value) : "a port that the kernel chose";
}

std::string neighbour_text(const Neighbour& neighbour) {
  const model::ServiceKey& service = neighbour.entry->service;
  return fmt::format("nearest known: {} on {}, {}, {}, user {}; differs in: {}", neighbour.entry->label,
                     port_text(service.port), base::name_of(service.protocol),
                     base::name_of(service.exposure), service.user,
                     fmt::join(neighbour.differences, " and "));
}

}  // namespace

model::Reason unknown_listener(const model::Listener& listener, bool has_changed_hands, bool has_been_seen) {
  const std::string endpoint = listener.socket.place();
  std::string text;
  if (has_changed_hands)
    text = fmt::format("{} now holds {}, which another program opened", subject(listener), endpoint);
  else
    text = fmt::format("{} listens on {} {}", subject(listener), endpoint,
                       has_been_seen ? "again, and is still unknown" : "for the first time");
  if (const model::Process* owner = oldest_of(listener.owners))
    if (const std::string parents = ancestry(*owner); !parents.empty()) text += "; started by " + parents;
  return {model::ReasonCode::kUnknownListener, std::move(text)};
}

std::optional<model::Reason> comparison(const model::Listener* former,
                                        const std::optional<Neighbour>& nearest) {
  std::string text;
  if (former != nullptr) text = "opened by " + subject(*former);
  if (nearest) text += (text.empty() ? "" : "; ") + neighbour_text(*nearest);
  if (text.empty()) return std::nullopt;
  return model::Reason{model::ReasonCode::kComparison, std::move(text)};
}

model::Reason rejected_returned(const model::Alert& alert) {
  return {model::ReasonCode::kRejectedReturned,
          fmt::format("rejected by {}, and it is back",
                      alert.changed_by.empty() ? "somebody" : alert.changed_by)};
}

}  // namespace portwatch::core
