// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/listener_rows.h"

#include <algorithm>
#include <vector>

#include "common/model/sight.h"
#include "daemon/store/detail_codec.h"
#include "daemon/store/interval.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

constexpr std::size_t kOctetsOfIpv4 = 4;

std::string_view octets_of(const net::IpAddress& address) {
  const auto octets = address.octets();
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace

base::Result<std::optional<ListenerRows::Row>> ListenerRows::find(const model::ListenerKey& key) {
  Run run = database_.run(
      R"sql(
      SELECT l.id, l.closed_seq IS NULL FROM string s JOIN listener l ON l.boot = s.id
      WHERE s.bytes = ?1 AND l.netns = ?2 AND l.socket_kind = ?3 AND l.socket_value = ?4 AND
        l.generation = ?5)sql",
      Blob{key.boot_id}, to_bits(key.netns.value), key.socket.kind, to_bits(key.socket.value),
      key.generation);
  const auto has_row = run.step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row) return std::nullopt;
  return Row{.id = run.integer(0), .is_open = run.integer(1) != 0};
}

base::Result<ListenerRows::Row> ListenerRows::find_or_insert(const model::Listener& listener,
                                                             std::int64_t assessment, std::int64_t seq) {
  const auto known = find(listener.key);
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  const auto boot = intern_.string(listener.key.boot_id);
  if (!boot) return std::unexpected(boot.error());
  const auto device = intern_.string(listener.socket.device);
  if (!device) return std::unexpected(device.error());
  std::optional<std::int64_t> network;
  if (!listener.socket.network.empty()) {
    const auto name = intern_.string(listener.socket.network);
    if (!name) return std::unexpected(name.error());
    network = *name;
  }
  const model::SocketRecord& socket = listener.socket;
  PW_TRY(database_
             .run(R"sql(
      INSERT INTO listener (boot, netns, socket_kind, socket_value, generation, inode, protocol,
        address, port, device, network, is_v6only, uid, bind_intent, is_mptcp, redacted, assessment,
        opened_at_us, opened_earliest_us, opened_boot_us, opened_precision, opened_seq, unwatched_us)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23))sql",
                  *boot, to_bits(listener.key.netns.value), listener.key.socket.kind,
                  to_bits(listener.key.socket.value), listener.key.generation, to_bits(socket.inode),
                  socket.endpoint.protocol, Blob{octets_of(socket.endpoint.address)},
                  socket.endpoint.port.value, *device, network, socket.is_v6only, socket.uid.value,
                  socket.bind_intent, socket.is_mptcp, Blob{encode_argv(listener.redacted)}, assessment,
                  to_us(listener.opened.at), to_us(listener.opened.earliest), to_us(listener.opened.boot),
                  listener.opened.precision, seq, to_us(listener.unwatched_since))
             .finish());
  const std::int64_t id = database_.last_row_id();
  PW_TRY(database_
             .run("UPDATE meta SET last_generation = ?1 WHERE last_generation < ?1", listener.key.generation)
             .finish());
  return Row{.id = id, .is_open = true, .is_new = true};
}

base::Status ListenerRows::update(std::int64_t id, const model::Listener& listener, std::int64_t assessment) {
  const model::SocketRecord& socket = listener.socket;
  return database_
      .run(
          R"sql(
      UPDATE listener SET inode = ?2, is_v6only = ?3, uid = ?4, bind_intent = ?5, is_mptcp = ?6,
        assessment = ?7
      WHERE id = ?1)sql",
          id, to_bits(socket.inode), socket.is_v6only, socket.uid.value, socket.bind_intent, socket.is_mptcp,
          assessment)
      .finish();
}

base::Status ListenerRows::set_owners(std::int64_t id, const model::Listener& listener, std::int64_t seq) {
  std::vector<std::int64_t> now;
  for (const model::ProcessRef& owner : listener.owners) {
    const auto process = intern_.process(*owner);
    if (!process) return std::unexpected(process.error());
    now.push_back(*process);
  }
  std::ranges::sort(now);

  auto before =
      database_.run("SELECT process FROM listener_owner WHERE listener = ?1 AND until_seq IS NULL", id)
          .integers();
  if (!before) return std::unexpected(std::move(before).error());
  std::ranges::sort(*before);

  for (const std::int64_t process : *before) {
    if (std::ranges::binary_search(now, process)) continue;
    PW_TRY(database_
               .run(R"sql(
      UPDATE listener_owner SET until_seq = ?3
      WHERE listener = ?1 AND process = ?2 AND until_seq IS NULL)sql",
                    id, process, seq)
               .finish());
  }
  for (const std::int64_t process : now) {
    if (std::ranges::binary_search(*before, process)) continue;
    PW_TRY(database_
               .run("INSERT OR IGNORE INTO listener_owner (listener, from_seq, process) VALUES (?1, ?2, ?3)",
                    id, seq, process)
               .finish());
  }
  return {};
}

base::Status ListenerRows::close(std::int64_t id, const model::Listener& listener, std::int64_t seq) {
  const model::EventTime& closed = *listener.closed;
  const model::Ending& ending = listener.ending;
  return database_
      .run(
          R"sql(
      UPDATE listener SET closed_at_us = ?2, closed_earliest_us = ?3, closed_boot_us = ?4,
        closed_precision = ?5, closed_seq = ?6, node = ?7, end_cause = ?8, end_pid = ?9, end_status = ?10,
        end_signal = ?11, end_has_core = ?12, unwatched_us = NULL
      WHERE id = ?1)sql",
          id, to_us(closed.at), to_us(closed.earliest), to_us(closed.boot), closed.precision, seq,
          node_of(listener.opened.at, closed.at), ending.cause,
          ending.pid ? std::optional(ending.pid->value) : std::nullopt, ending.exit_status,
          Blob{ending.signal}, ending.has_core)
      .finish();
}

base::Status ListenerRows::note_coverage(const model::Coverage& coverage, base::UtcTime last_watched) {
  struct Change {
    std::int64_t id = 0;
    std::optional<std::int64_t> unwatched_us;
  };
  std::vector<Change> changes;
  {
    Run run = database_.run(R"sql(
      SELECT id, netns, protocol, address, opened_at_us, unwatched_us
      FROM listener INDEXED BY listener_open WHERE closed_seq IS NULL AND port >= 0)sql");
    while (true) {
      const auto has_row = run.step();
      if (!has_row) return std::unexpected(has_row.error());
      if (!*has_row) break;
      RowReader row(run);
      const std::int64_t id = row.integer();
      model::Table table;
      table.netns.value = from_bits(row.integer());
      table.protocol = row.enumerator<net::Protocol>();
      table.family = row.bytes().size() == kOctetsOfIpv4 ? net::Family::kIpv4 : net::Family::kIpv6;
      const base::UtcTime opened = utc_from_us(row.integer());
      const auto before = utc_from_us(row.optional_integer());
      if (!row.is_good()) return corrupt("a listener does not decode");
      const auto after = model::unwatched_since(coverage, table, opened, before, last_watched);
      if (after != before) changes.push_back({.id = id, .unwatched_us = to_us(after)});
    }
  }
  for (const Change& change : changes)
    PW_TRY(
        database_.run("UPDATE listener SET unwatched_us = ?2 WHERE id = ?1", change.id, change.unwatched_us)
            .finish());
  return {};
}

base::Result<std::optional<std::int64_t>> ListenerRows::closed_seq(const model::ListenerKey& key) {
  return database_
      .run(
          R"sql(
      SELECT l.closed_seq FROM string s JOIN listener l ON l.boot = s.id
      WHERE s.bytes = ?1 AND l.netns = ?2 AND l.socket_kind = ?3 AND l.socket_value = ?4 AND
        l.generation = ?5)sql",
          Blob{key.boot_id}, to_bits(key.netns.value), key.socket.kind, to_bits(key.socket.value),
          key.generation)
      .integer_or_none();
}

}  // namespace portwatch::store
