// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/connection_finder.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "common/model/program_name.h"
#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/process_table.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kVisitStep = 64;  ///< descriptors, until it is said that the visit goes on

model::Party party_of(const model::Process& process) {
  model::Party party{
      .process = process.key, .program = model::program_or_own_name(process), .uid = process.uid};
  if (process.user)
    party.user = *process.user;
  else if (process.uid)
    party.user = fmt::format("#{}", process.uid->value);
  return party;
}

auto place_of(const ConnectionRow& row) {
  return std::tie(row.peer.address, row.peer.port, row.local.address, row.local.port);
}

}  // namespace

base::Result<model::ConnectionList> ConnectionFinder::find(base::Port port) {
  model::ConnectionList list;
  std::uint64_t clients_left_out = 0;
  auto servers = rows(port, PortSide::kLocal, list.left_out);
  if (!servers) return std::unexpected(std::move(servers).error());
  const auto clients = rows(port, PortSide::kPeer, clients_left_out);
  if (!clients) return std::unexpected(clients.error());
  std::ranges::sort(*servers, [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  if (servers->size() > model::kMostConnections) {
    list.left_out += servers->size() - model::kMostConnections;
    servers->resize(model::kMostConnections);
  }

  // The other end is the socket that has the same two addresses the other way round.
  std::unordered_map<std::string, std::uint64_t> inode_of_client;
  for (const ConnectionRow& row : *clients)
    inode_of_client.emplace(row.local.to_string() + row.peer.to_string(), row.inode);
  Holders holders;
  std::vector<std::optional<std::uint64_t>> other_ends;  ///< their inodes; unset: it is not here
  for (const ConnectionRow& row : *servers) {
    const auto other = inode_of_client.find(row.peer.to_string() + row.local.to_string());
    other_ends.push_back(other == inode_of_client.end() ? std::nullopt : std::optional(other->second));
    holders[row.inode];
    if (other_ends.back()) holders[*other_ends.back()];
  }
  holders.erase(0);  // not accepted yet, or given up by its program
  const auto is_whole = find_holders(holders);
  if (!is_whole) return std::unexpected(is_whole.error());
  list.are_parties_whole = *is_whole && clients_left_out == 0;

  known_.clear();
  processes_.begin_look(read_clocks());
  for (std::size_t i = 0; i < servers->size(); ++i) {
    const ConnectionRow& row = (*servers)[i];
    model::Connection& connection = list.connections.emplace_back();
    connection.local = row.local;
    connection.peer = row.peer;
    connection.received_bytes = row.received_bytes;
    connection.sent_bytes = row.sent_bytes;
    connection.is_peer_here = other_ends[i].has_value();
    connection.servers = parties(holders[row.inode], list.are_parties_whole);
    connection.clients = parties(holders[other_ends[i].value_or(0)], list.are_parties_whole);
  }
  return list;
}

base::Result<std::vector<ConnectionRow>> ConnectionFinder::rows(base::Port port, PortSide side,
                                                                std::uint64_t& left_out) {
  std::vector<ConnectionRow> rows;
  const DiagRequest request = connections_request(port, side);
  const auto end = socket_.dump(request.type, request.payload, [&](Bytes payload) {
    auto row = decode_connection_row(payload);
    if (!row) return;
    // An IPv4 connection of an IPv6 socket is the same as any.
    row->local.address = row->local.address.unmapped();
    row->peer.address = row->peer.address.unmapped();
    if (rows.size() < kMostRows)
      rows.push_back(*row);
    else
      ++left_out;
  });
  if (!end) return std::unexpected(end.error());
  return rows;
}

base::Result<bool> ConnectionFinder::find_holders(Holders& holders) {
  if (holders.empty()) return true;
  ProcessTable table(proc_.path());
  PW_TRY(table.refresh());
  std::size_t budget = kMostDescriptors;
  bool is_whole = true;
  for (const auto& process : table.all()) is_whole = ask(process->pid, holders, budget) && is_whole;
  return is_whole;
}

/// Whether all of its descriptors were read, or it has none any more.
bool ConnectionFinder::ask(base::Pid pid, Holders& holders, std::size_t& budget) {
  Visit visit = proc_.visit(pid);
  if (!visit) return false;
  const auto folder = open_folder(AT_FDCWD, (process_folder(proc_.path(), pid, {}) + "/fd").c_str());
  if (!folder) return means_gone(folder.error());
  std::array<std::byte, 32768> entries;
  DirectoryReader reader(folder->get(), entries);
  std::size_t count = 0;
  while (const auto entry = reader.next()) {
    if (budget == 0 || count == kMostOfAProcess) return false;
    --budget;
    if (++count % kVisitStep == 0) visit.goes_on();
    std::array<char, 64> buffer;
    const auto link = read_link(folder->get(), entry->name, buffer);
    const auto inode = link ? parse_socket_link(*link) : std::nullopt;
    const auto wanted = inode ? holders.find(*inode) : holders.end();
    if (wanted == holders.end()) continue;
    std::vector<base::Pid>& pids = wanted->second;
    if (pids.empty() || pids.back() != pid) pids.push_back(pid);
  }
  return true;
}

std::vector<model::Party> ConnectionFinder::parties(const std::vector<base::Pid>& pids, bool& is_whole) {
  std::vector<model::Party> found;
  for (const base::Pid pid : pids) {
    if (found.size() == model::kMostParties) {
      is_whole = false;
      break;
    }
    auto known = known_.find(pid);
    if (known == known_.end()) {
      const auto reading = processes_.read(pid);
      if (!reading) continue;
      known = known_.emplace(pid, party_of(*reading->details)).first;
    }
    found.push_back(known->second);
  }
  return found;
}

}  // namespace portwatch::sensor
