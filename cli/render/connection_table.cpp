// SPDX-License-Identifier: Apache-2.0
#include "cli/render/connection_table.h"

#include <fmt/format.h>

#include "cli/render/line.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace portwatch::cli {
namespace {

/// "psql", "psql +2", or why nobody can be named.
Line program_of(const std::vector<model::Party>& parties, std::string_view nobody) {
  if (parties.empty()) return Line(nobody, Style::kFaint);
  Line line(parties.front().program.empty() ? std::string_view("(not visible)") : parties.front().program,
            parties.front().program.empty() ? Style::kFaint : Style::kPlain);
  if (parties.size() > 1) line.add(fmt::format(" +{}", parties.size() - 1));
  return line;
}

Line pid_of(const std::vector<model::Party>& parties) {
  if (parties.empty() || !parties.front().process) return Line("-");
  return Line(fmt::format("{}", parties.front().process->pid.value));
}

Line bytes(const std::optional<std::uint64_t>& count) {
  return Line(count ? size_words(*count) : "-");
}

}  // namespace

std::string render_connections(const View& view, const model::ConnectionList& list) {
  if (list.connections.empty()) return Line("No client is connected.").render(view);
  Table table({{.header = "CLIENT", .min_width = 15, .keeps_port = true},
               {.header = "PROGRAM", .min_width = 12},
               {.header = "PID"},
               {.header = "USER", .min_width = 6},
               {.header = "SERVED BY", .min_width = 6},
               {.header = "RECEIVED", .is_right_aligned = true},
               {.header = "SENT", .is_right_aligned = true}});
  for (const model::Connection& connection : list.connections) {
    const auto& clients = connection.clients;
    table.add_row(
        {Line(connection.peer.address_and_port()),
         program_of(clients, connection.is_peer_here ? "(not visible)" : "(elsewhere)"), pid_of(clients),
         Line(clients.empty() || clients.front().user.empty() ? "-" : clients.front().user),
         pid_of(connection.servers), bytes(connection.received_bytes), bytes(connection.sent_bytes)});
  }
  std::string text = table.render(view);
  if (list.left_out > 0)
    text += Line(fmt::format("and {} more", number_words(list.left_out)), Style::kFaint).render(view);
  if (!list.are_parties_whole)
    text +=
        Line("Not every process could be asked in time whether it holds an end.", Style::kFaint).render(view);
  return text;
}

}  // namespace portwatch::cli
