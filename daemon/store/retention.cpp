// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/retention.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "common/model/alert.h"
#include "daemon/store/event_block.h"
#include "daemon/store/row_values.h"
#include "daemon/store/transaction.h"

namespace portwatch::store {
namespace {

/// How many free pages go back to the file system in one step.
constexpr const char* kVacuumStep = "PRAGMA incremental_vacuum(256)";

/// An assessment, and its service, once nothing refers to them.
base::Status drop_assessment(Database& database, std::int64_t assessment) {
  const auto service = database
                           .run(
                               R"sql(
      SELECT service FROM assessment WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM event WHERE event.assessment = ?1)
      AND NOT EXISTS (SELECT 1 FROM listener WHERE listener.assessment = ?1))sql",
                               assessment)
                           .integer_or_none();
  if (!service) return std::unexpected(service.error());
  if (!*service) return {};
  PW_TRY(database.run("DELETE FROM assessment WHERE id = ?1", assessment).finish());
  return database
      .run(
          R"sql(
      DELETE FROM service WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM assessment WHERE service = ?1)
      AND NOT EXISTS (SELECT 1 FROM baseline WHERE service = ?1))sql",
          **service)
      .finish();
}

base::Status drop_process(Database& database, std::int64_t process) {
  return database
      .run(R"sql(
      DELETE FROM process WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM listener_owner WHERE process = ?1))sql",
           process)
      .finish();
}

base::Status drop_listener(Database& database, std::int64_t listener) {
  const auto assessment =
      database.run("SELECT assessment FROM listener WHERE id = ?1", listener).integer_or_none();
  if (!assessment) return std::unexpected(assessment.error());
  const auto processes =
      database.run("SELECT DISTINCT process FROM listener_owner WHERE listener = ?1", listener).integers();
  if (!processes) return std::unexpected(processes.error());
  PW_TRY(database.run("DELETE FROM listener_owner WHERE listener = ?1", listener).finish());
  for (const std::int64_t process : *processes) PW_TRY(drop_process(database, process));
  PW_TRY(database.run("DELETE FROM listener WHERE id = ?1", listener).finish());
  return *assessment ? drop_assessment(database, **assessment) : base::Status{};
}

/// The first event that stays: those before it are old, or stand between old ones, and are at most
/// `max_rows`.
base::Result<std::int64_t> first_to_stay(Database& database, const interface::AgeLimit& age,
                                         std::size_t max_rows) {
  Run run = database.run("SELECT seq, at_us FROM event WHERE seq > 0 ORDER BY seq");
  std::int64_t next = 0;
  for (std::size_t passed = 0;; ++passed) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return next;
    const std::int64_t seq = run.integer(0), at = run.integer(1);
    if (at > to_us(age.now)) continue;
    if (at >= to_us(age.before)) return next;
    if (passed >= max_rows) return seq - static_cast<std::int64_t>(passed - max_rows);
    next = seq + 1;
  }
}

base::Result<std::size_t> drop_events(Database& database, const interface::AgeLimit& age,
                                      std::size_t max_rows) {
  const auto first = first_to_stay(database, age, max_rows);
  if (!first) return std::unexpected(first.error());
  const auto assessments =
      database.run("SELECT DISTINCT assessment FROM event WHERE seq < ?1 AND assessment IS NOT NULL", *first)
          .integers();
  if (!assessments) return std::unexpected(assessments.error());
  PW_TRY(database.run("DELETE FROM event WHERE seq < ?1", *first).finish());
  const std::size_t dropped = database.changes();
  if (dropped == 0) return 0;
  PW_TRY(database.run("DELETE FROM event_block WHERE block < ?1", *first / kEventsPerBlock).finish());
  for (const std::int64_t assessment : *assessments) PW_TRY(drop_assessment(database, assessment));
  return dropped;
}

base::Result<std::size_t> drop_alerts(Database& database, base::UtcTime before, std::size_t max_rows) {
  PW_TRY(database
             .run(R"sql(
      DELETE FROM alert WHERE id IN (SELECT id FROM alert
      WHERE state = ?1 AND last_seen_at_us < ?2 ORDER BY id LIMIT ?3))sql",
                  model::AlertState::kApproved, to_us(before), max_rows)
             .finish());
  return database.changes();
}

base::Result<std::size_t> drop_listeners(Database& database, std::size_t max_rows) {
  const auto first = database.run("SELECT min(seq) FROM event").integer_or_none();
  if (!first) return std::unexpected(first.error());
  const auto gone = database
                        .run(
                            R"sql(
      SELECT id FROM listener INDEXED BY listener_ended
      WHERE closed_seq IS NOT NULL AND closed_seq < ?1
      AND NOT EXISTS (SELECT 1 FROM event WHERE event.listener = listener.id)
      AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.listener = listener.id)
      ORDER BY closed_seq LIMIT ?2)sql",
                            first->value_or(std::numeric_limits<std::int64_t>::max()), max_rows)
                        .integers();
  if (!gone) return std::unexpected(gone.error());
  for (const std::int64_t listener : *gone) PW_TRY(drop_listener(database, listener));
  return gone->size();
}

/// No event that is left shows them as holders.
base::Status drop_owners(Database& database, std::size_t max_rows) {
  struct Row {
    std::int64_t listener, from_seq, process;
  };
  std::vector<Row> rows;
  Run run = database.run(R"sql(
      SELECT listener, from_seq, process FROM listener_owner
      WHERE until_seq < (SELECT min(seq) FROM event) ORDER BY until_seq LIMIT ?1)sql",
                         max_rows);
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) break;
    rows.push_back({run.integer(0), run.integer(1), run.integer(2)});
  }
  for (const Row& row : rows) {
    PW_TRY(database
               .run("DELETE FROM listener_owner WHERE listener = ?1 AND from_seq = ?2 AND process = ?3",
                    row.listener, row.from_seq, row.process)
               .finish());
    PW_TRY(drop_process(database, row.process));
  }
  return {};
}

}  // namespace

base::Result<std::size_t> prune_database(Database& database, const interface::AgeLimit& age,
                                         std::size_t max_rows) {
  std::size_t dropped = 0;
  {
    auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
    if (!transaction) return std::unexpected(transaction.error());
    const auto events = drop_events(database, age, max_rows);
    if (!events) return events;
    dropped += *events;
    const auto alerts = drop_alerts(database, age.before, max_rows - dropped);
    if (!alerts) return alerts;
    dropped += *alerts;
    const auto listeners = drop_listeners(database, max_rows - dropped);
    if (!listeners) return listeners;
    dropped += *listeners;
    PW_TRY(drop_owners(database, max_rows));
    PW_TRY(transaction->commit());
  }
  PW_TRY(database.run(kVacuumStep).finish());
  return dropped;
}

}  // namespace portwatch::store
