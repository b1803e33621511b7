// SPDX-License-Identifier: Apache-2.0
#include "cli/render/conflict_words.h"

#include <fmt/format.h>

#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

/// "nginx (pid 801, root)"
Line holder_name(const model::AddressHolder& holder) {
  Line line;
  line.add(holder.program.empty() ? std::string_view("a process that is not known") : holder.program);
  if (!holder.pid && holder.user.empty()) return line;
  line.add(" (");
  if (holder.pid) line.add(fmt::format("pid {}", holder.pid->value));
  if (holder.pid && !holder.user.empty()) line.add(", ");
  return line.add(holder.user).add(")");
}

Line place_of(const model::AddressHolder& holder) {
  Line line(holder.endpoint.to_string());
  if (!holder.device.empty()) line.add(" on ").add(holder.device);
  return line;
}

Line holder_sentence(const model::AddressHolder& holder) {
  if (holder.kind == model::HolderKind::kTimeWait)
    return Line("a connection on ")
        .add(place_of(holder))
        .add(" that has ended keeps it up to a minute (TIME_WAIT)");
  Line line = holder.is_same_process ? Line("it") : holder_name(holder);
  switch (holder.kind) {
    case model::HolderKind::kListener:
      line.add(holder.endpoint.protocol == net::Protocol::kTcp ? " listens on " : " is bound to ");
      break;
    case model::HolderKind::kBound:
      return line.add(" is bound to ").add(place_of(holder)).add(", not listening");
    case model::HolderKind::kConnection: line.add(" has a connection on "); break;
    case model::HolderKind::kTimeWait: break;
  }
  line.add(place_of(holder));
  return holder.is_same_process ? line.add(" itself") : line;
}

Line cause_words(const model::ConflictDetail& conflict) {
  switch (conflict.cause) {
    case model::ConflictCause::kInUse: {
      Line line("in use");
      if (conflict.holders.empty()) return line;
      line.add(": ").add(holder_sentence(conflict.holders.front()));
      const std::uint64_t more = conflict.holders.size() - 1 + conflict.holders_left_out;
      return more == 0 ? line : line.add(fmt::format(", and {} more", number_words(more)));
    }
    case model::ConflictCause::kPrivilege: return Line("not allowed: the port takes CAP_NET_BIND_SERVICE");
    case model::ConflictCause::kNoSuchAddress:
      return Line(conflict.is_certain ? "" : "probably ").add("no such address on this machine");
    case model::ConflictCause::kUnknown: break;
  }
  return Line("refused, and nothing is seen to hold it");
}

}  // namespace

Line conflict_words(const View& view, const model::ConflictDetail& conflict) {
  Line line = cause_words(conflict);
  if (conflict.count > 1)
    line.add(fmt::format("; {} times since {}", number_words(static_cast<std::uint64_t>(conflict.count)),
                         clock_words(view, conflict.first_at)));
  if (conflict.others > 0)
    line.add(fmt::format("; {} of this user elsewhere are not listed",
                         count_words(static_cast<std::uint64_t>(conflict.others), "refusal", "refusals")));
  return line;
}

Line refusal_words(const View& view, const model::Event& event) {
  Line line(clock_words(view, event.time.at));
  line.add("  ");
  if (event.listener) {
    line.add(program_words(*event.listener)).add(" (");
    if (!event.listener->owners.empty())
      line.add(fmt::format("pid {}, ", event.listener->owners.front()->key.pid.value));
    line.add(user_words(*event.listener)).add(") wanted ").add(event.listener->socket.place());
  }
  const auto* conflict = std::get_if<model::ConflictDetail>(&event.detail);
  if (conflict == nullptr) return line;
  if (conflict->wish == model::Wish::kListen) line.add(" (listen)");
  return line.add(": ").add(conflict_words(view, *conflict));
}

}  // namespace portwatch::cli
