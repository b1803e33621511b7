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

std::string holder_text(const model::AddressHolder& holder) {
  const std::string place = holder.endpoint.to_string();
  if (holder.kind == model::HolderKind::kTimeWait)
    return fmt::format("a connection on {} that has ended keeps it up to a minute", place);
  std::string who = holder.program.empty() ? "somebody who is not known" : holder.program;
  if (holder.pid)
    who += fmt::format(" (pid {}, user {})", holder.pid->value, holder.user);
  else if (!holder.user.empty())
    who += fmt::format(" (user {})", holder.user);
  switch (holder.kind) {
    case model::HolderKind::kListener:
      return fmt::format("{} {} {}", who,
                         holder.endpoint.protocol == net::Protocol::kTcp ? "listens on" : "is bound to",
                         place);
    case model::HolderKind::kBound: return fmt::format("{} is bound to {} and does not listen", who, place);
    case model::HolderKind::kConnection: return fmt::format("{} has a connection on {}", who, place);
    case model::HolderKind::kTimeWait: break;
  }
  return who;
}

std::string cause_text(const model::ConflictDetail& detail) {
  switch (detail.cause) {
    case model::ConflictCause::kInUse:
      return detail.holders.empty() ? "it is in use" : holder_text(detail.holders.front());
    case model::ConflictCause::kPrivilege: return "it lacks CAP_NET_BIND_SERVICE for this port";
    case model::ConflictCause::kNoSuchAddress: return "this machine has no such address";
    case model::ConflictCause::kUnknown: break;
  }
  return "nothing is seen to hold it";
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

model::Reason bind_conflict(const model::Listener& wanted, const model::ConflictDetail& detail,
                            std::int64_t refusals) {
  return {model::ReasonCode::kBindConflict, fmt::format("{} was refused {} {} times; {}", subject(wanted),
                                                        wanted.socket.place(), refusals, cause_text(detail))};
}

model::Reason rejected_returned(const model::Alert& alert) {
  return {model::ReasonCode::kRejectedReturned,
          fmt::format("rejected by {}, and it is back",
                      alert.changed_by.empty() ? "somebody" : alert.changed_by)};
}

}  // namespace portwatch::core
