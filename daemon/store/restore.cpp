// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/restore.h"

#include <ranges>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include "common/model/restart_window.h"
#include "daemon/store/detail_codec.h"
#include "daemon/store/event_reader.h"
#include "daemon/store/listener_loader.h"
#include "daemon/store/row_values.h"
#include "daemon/store/transaction.h"

namespace portwatch::store {
namespace {

constexpr std::size_t kHostIdBytes = 16;
constexpr std::size_t kEpochBytes = 8;

/// Random bytes in hexadecimal, from SQLite's generator, which the operating system seeds.
std::string random_hex(std::size_t size) {
  std::vector<unsigned char> bytes(size);
  sqlite3_randomness(static_cast<int>(bytes.size()), bytes.data());
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

base::Status restore_meta(Database& database, interface::RestoredState& state) {
  Run run = database.run(
      R"sql(
      SELECT host_id, epoch, last_seq, last_alert, last_generation, last_alive_us, last_boot_id,
        learning_until_us
      FROM meta)sql");
  const auto has_row = run.step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row) return corrupt("it does not know whose it is");
  RowReader row(run);
  state.host_id = row.text();
  state.epoch = row.text();
  state.last_seq.value = row.integer();
  state.last_alert_id.value = row.integer();
  state.last_generation = row.integer();
  state.last_alive = utc_from_us(row.optional_integer());
  state.last_boot_id = row.text();
  state.learning_until = utc_from_us(row.optional_integer());
  return {};
}

base::Status restore_baseline(Database& database, ListenerLoader& loader,
                              std::vector<model::BaselineEntry>& baseline) {
  Run run = database.run(
      "SELECT service, label, origin, added_at_us, added_by FROM baseline ORDER BY seq, service");
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return {};
    RowReader row(run);
    model::BaselineEntry entry;
    auto service = loader.service(row.integer());
    if (!service) return std::unexpected(std::move(service).error());
    entry.service = std::move(*service);
    entry.label = row.text();
    entry.origin = row.enumerator<model::BaselineOrigin>();
    entry.added_at = utc_from_us(row.integer());
    entry.added_by = row.text();
    if (!row.is_good()) return corrupt("a baseline entry does not decode");
    baseline.push_back(std::move(entry));
  }
}

/// Services that may be about to come back: see RestoredState.
constexpr std::size_t kMaxRecentlyClosed = 256;
/// Further back nothing of those is looked for.
constexpr std::size_t kMaxOpenedLookedAt = 10'000;

/// The `closed` events that an `opened` behind `after` continues.
base::Result<std::unordered_set<std::int64_t>> replaced_since(Database& database, std::int64_t after) {
  std::unordered_set<std::int64_t> replaced;
  Run run = database.run("SELECT detail FROM event WHERE kind = ?1 AND seq > ?2 ORDER BY seq DESC LIMIT ?3",
                         model::EventKind::kOpened, after, kMaxOpenedLookedAt);
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return replaced;
    const auto detail = decode_detail(model::EventKind::kOpened, run.bytes(0));
    if (!detail) return std::unexpected(detail.error());
    if (const auto seq = std::get<model::OpenedDetail>(*detail).replaces_seq) replaced.insert(seq->value);
  }
}

base::Status restore_recently_closed(Database& database, ListenerLoader& loader,
                                     interface::RestoredState& state) {
  if (!state.last_alive) return {};
  struct Closed {
    std::int64_t listener;
    std::int64_t seq;
  };
  std::vector<Closed> closed;
  {
    Run run = database.run(
        R"sql(
      SELECT id, closed_seq, closed_at_us FROM listener INDEXED BY listener_ended
      WHERE closed_seq IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM event WHERE seq = closed_seq AND kind = ?2)
      ORDER BY closed_seq DESC LIMIT ?1)sql",
        kMaxRecentlyClosed, model::EventKind::kBindConflict);
    while (true) {
      const auto has_row = run.step();
      if (!has_row) return std::unexpected(has_row.error());
      if (!*has_row) break;
      if (run.integer(2) >= to_us(*state.last_alive - model::kRestartWindow))
        closed.push_back({run.integer(0), run.integer(1)});
    }
  }
  if (closed.empty()) return {};
  const auto replaced = replaced_since(database, closed.back().seq);
  if (!replaced) return std::unexpected(replaced.error());
  for (const Closed& one : closed | std::views::reverse) {
    if (replaced->contains(one.seq)) continue;
    auto listener = loader.load(one.listener, ListenerLoader::kNow, std::nullopt);
    if (!listener) return std::unexpected(std::move(listener).error());
    state.recently_closed.push_back(std::move(*listener));
  }
  return {};
}

}  // namespace

base::Status settle_identity(Database& database, const std::optional<std::string>& machine_hash) {
  auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
  if (!transaction) return std::unexpected(transaction.error());
  const auto hash = machine_hash ? std::optional(Text{*machine_hash}) : std::nullopt;
  const std::string host_id = random_hex(kHostIdBytes);
  const std::string epoch = random_hex(kEpochBytes);
  PW_TRY(database
             .run(R"sql(
      INSERT OR IGNORE INTO meta (id, host_id, epoch, machine_hash, last_seq, last_alert,
        last_generation, last_boot_id)
      VALUES (1, ?1, ?2, ?3, 0, 0, 0, x''))sql",
                  Text{host_id}, Text{epoch}, hash)
             .finish());
  PW_TRY(database
             .run(R"sql(
      UPDATE meta SET host_id = ?1, epoch = ?2 WHERE machine_hash <> ?3)sql",
                  Text{host_id}, Text{epoch}, hash)
             .finish());
  PW_TRY(
      database.run("UPDATE meta SET machine_hash = ?1 WHERE ?1 IS NOT NULL AND machine_hash IS NOT ?1", hash)
          .finish());
  return transaction->commit();
}

base::Result<interface::RestoredState> restore(Database& database) {
  auto transaction = Transaction::begin(database, Transaction::Kind::kRead);
  if (!transaction) return std::unexpected(transaction.error());
  interface::RestoredState state;
  PW_TRY(restore_meta(database, state));
  ListenerLoader loader(database);
  PW_TRY(restore_baseline(database, loader, state.baseline));

  const auto open = database
                        .run(
                            R"sql(
      SELECT id FROM listener INDEXED BY listener_open WHERE closed_seq IS NULL AND port >= 0
      ORDER BY port, id)sql")
                        .integers();
  if (!open) return std::unexpected(open.error());
  for (const std::int64_t id : *open) {
    auto listener = loader.load(id, ListenerLoader::kNow, std::nullopt);
    if (!listener) return std::unexpected(std::move(listener).error());
    state.open_listeners.push_back(std::move(*listener));
  }

  PW_TRY(restore_recently_closed(database, loader, state));

  const auto alerts =
      database.run("SELECT id FROM alert WHERE state <> ?1 ORDER BY id", model::AlertState::kApproved)
          .integers();
  if (!alerts) return std::unexpected(alerts.error());
  for (const std::int64_t id : *alerts) {
    auto alert = load_alert(database, loader, id);
    if (!alert) return std::unexpected(std::move(alert).error());
    state.alerts.push_back(std::move(*alert));
  }
  return state;
}

}  // namespace portwatch::store
