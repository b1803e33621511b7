// SPDX-License-Identifier: Apache-2.0
#include "cli/render/listener_table.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/render/table.h"
#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

/// When it opened: the time of the socket that has been there longest.
const model::EventTime& oldest_opening(const ListenerGroup& group) {
  const model::EventTime* oldest = &group.first().opened;
  for (const auto& listener : group.sockets)
    if (listener->opened.at < oldest->at) oldest = &listener->opened;
  return *oldest;
}

std::string port_words(const ListenerGroup& group) {
  return fmt::format("{}/{}", group.port().value, base::name_of(group.protocol()));
}

}  // namespace

std::string render_listener_table(const View& view, std::span<const ListenerGroup> groups) {
  if (groups.empty()) return {};
  Table table({{.header = "PORT", .is_right_aligned = true},
               {.header = "ADDRESS", .min_width = 12, .keeps_port = true},
               {.header = "PROGRAM", .min_width = 16},
               {.header = "PID"},
               {.header = "USER", .min_width = 6},
               {.header = "EXPOSURE"},
               {.header = "SINCE"},
               {.header = "VERDICT"}});
  for (const ListenerGroup& group : groups) {
    const model::Listener& listener = group.first();
    Line verdict = group.unwatched_since ? Line("unwatched", Style::kNotice)
                                         : verdict_words(listener.verdict, group.is_rejected);
    table.add_row({Line(port_words(group), Style::kStrong), Line(group.address), program_words(listener),
                   pid_words(group.owners, group.owners_left_out), Line(user_words(listener)),
                   Line(base::name_of(listener.exposure)), Line(since_words(view, oldest_opening(group))),
                   std::move(verdict)});
  }
  return table.render(view);
}

std::string render_ports(std::span<const ListenerGroup> groups) {
  std::string text;
  std::set<std::string> seen;
  for (const ListenerGroup& group : groups)
    if (const std::string port = port_words(group); seen.insert(port).second) text += port + "\n";
  return text;
}

}  // namespace portwatch::cli
