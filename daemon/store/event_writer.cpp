// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/event_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "daemon/store/detail_codec.h"
#include "daemon/store/event_block.h"
#include "daemon/store/listener_loader.h"
#include "daemon/store/retention.h"
#include "daemon/store/row_values.h"
#include "daemon/store/transaction.h"

namespace portwatch::store {
namespace {

const model::Alert* alert_of(const model::Event& event) {
  const auto* detail = std::get_if<model::AlertDetail>(&event.detail);
  return detail != nullptr ? &detail->alert : nullptr;
}

/// What a person decided, or must hear of, survives a power cut too.
bool must_survive_power_cut(const model::Event& event) {
  return event.kind == model::EventKind::kAlertRaised || event.kind == model::EventKind::kAlertChanged ||
         event.kind == model::EventKind::kPolicyChanged;
}

}  // namespace

SqliteEventWriter::SqliteEventWriter(Database database, std::shared_ptr<std::atomic<std::uint64_t>> progress)
    : database_(std::move(database)), progress_(std::move(progress)) {}

base::Status SqliteEventWriter::commit(std::span<model::Event> events, const interface::AliveMark& mark) {
  base::Status stored = store_group(events, mark);
  if (!stored)
    for (model::Event& event : events) event.seq = base::Seq{};
  return stored;
}

base::Status SqliteEventWriter::store_group(std::span<model::Event> events,
                                            const interface::AliveMark& mark) {
  PW_TRY(database_.set_sync(std::ranges::any_of(events, must_survive_power_cut) ? Sync::kPower
                                                                                : Sync::kProcess));
  auto transaction = Transaction::begin(database_, Transaction::Kind::kWrite);
  if (!transaction) return std::unexpected(transaction.error());
  const auto last = database_.run("SELECT last_seq FROM meta").integer_or_none();
  if (!last) return std::unexpected(last.error());
  if (!*last) return corrupt("it does not know its last event");

  base::Seq seq{**last};
  for (model::Event& event : events) {
    event.seq = base::Seq{++seq.value};
    PW_TRY(store_event(event));
    if (progress_) ++*progress_;
  }
  PW_TRY(note_times(database_, events));
  PW_TRY(database_
             .run("UPDATE meta SET last_seq = ?1, last_alive_us = ?2, last_boot_id = ?3", seq.value,
                  to_us(mark.at), Blob{mark.boot_id})
             .finish());
  return transaction->commit();
}

base::Status SqliteEventWriter::store_event(model::Event& event) {
  const model::Alert* alert = alert_of(event);
  if (!model::is_well_formed(event))
    return base::fail(
        base::ErrorCode::kInvalidArgument,
        fmt::format("an event of kind {} has a detail of another kind", base::name_of(event.kind)));
  if (auto* opened = std::get_if<model::OpenedDetail>(&event.detail)) {
    opened->replaces_seq.reset();
    if (opened->replaces) {
      const auto closed = listeners_.closed_seq(*opened->replaces);
      if (!closed) return std::unexpected(closed.error());
      if (*closed) opened->replaces_seq = base::Seq{**closed};
    }
  }

  std::optional<std::int64_t> listener_id;
  std::optional<std::int64_t> assessment_id;
  const model::ListenerRef listener = alert != nullptr ? alert->listener : event.listener;
  if (listener) {
    const auto assessment = intern_.assessment(*listener);
    if (!assessment) return std::unexpected(assessment.error());
    const auto row = listeners_.find_or_insert(*listener, *assessment, event.seq.value);
    if (!row) return std::unexpected(row.error());
    // An alert may bring the listener as it was when it was raised: older than what is known by now.
    const bool is_news = row->is_open && (alert == nullptr || row->is_new);
    if (is_news) {
      if (!row->is_new) PW_TRY(listeners_.update(row->id, *listener, *assessment));
      PW_TRY(listeners_.set_owners(row->id, *listener, event.seq.value));
      if (listener->closed) PW_TRY(listeners_.close(row->id, *listener, event.seq.value));
    }
    listener_id = row->id;
    assessment_id = *assessment;
    if (alert != nullptr) PW_TRY(refresh_listener(event, row->id, *assessment));
  }

  const std::string detail = encode_detail(event.detail);
  const bool has_detail = !std::holds_alternative<std::monostate>(event.detail);
  PW_TRY(database_
             .run(R"sql(
      INSERT INTO event (seq, kind, at_us, earliest_us, boot_us, precision, listener, assessment,
        port, detail)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10))sql",
                  event.seq.value, event.kind, to_us(event.time.at), to_us(event.time.earliest),
                  to_us(event.time.boot), event.time.precision, listener_id, assessment_id,
                  listener ? std::optional(listener->socket.endpoint.port.value) : std::nullopt,
                  has_detail ? std::optional(Blob{detail}) : std::nullopt)
             .finish());
  if (alert != nullptr) return store_alert(*alert, *listener_id, event.seq);
  if (const auto* policy = std::get_if<model::PolicyDetail>(&event.detail))
    return store_policy(*policy, event.seq);
  if (const auto* seen = std::get_if<model::CoverageDetail>(&event.detail))
    return listeners_.note_coverage(seen->coverage, event.time.earliest.value_or(event.time.at));
  return {};
}

/// The event then says what is known of the alert's listener by now, as it will when it is read back.
base::Status SqliteEventWriter::refresh_listener(model::Event& event, std::int64_t listener,
                                                 std::int64_t assessment) {
  model::ListenerRef& of_alert = std::get<model::AlertDetail>(event.detail).alert.listener;
  auto known = ListenerLoader(database_).load(listener, event.seq.value, assessment);
  if (!known) return std::unexpected(std::move(known).error());
  if (**known != *of_alert) of_alert = *std::move(known);
  event.listener = of_alert;
  return {};
}

base::Status SqliteEventWriter::store_alert(const model::Alert& alert, std::int64_t listener, base::Seq seq) {
  PW_TRY(database_
             .run(
                 R"sql(
      INSERT OR REPLACE INTO alert (id, state, severity, delivery, reasons, count, opened_at_us,
        last_seen_at_us, changed_by, listener, last_seq)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11))sql",
                 alert.id.value, alert.state, alert.severity, alert.delivery,
                 Blob{encode_reasons(alert.reasons)}, alert.count, to_us(alert.opened_at),
                 to_us(alert.last_seen_at), Blob{alert.changed_by}, listener, seq.value)
             .finish());
  return database_.run("UPDATE meta SET last_alert = ?1 WHERE last_alert < ?1", alert.id.value).finish();
}

base::Status SqliteEventWriter::store_policy(const model::PolicyDetail& detail, base::Seq seq) {
  for (const model::BaselineEntry& entry : detail.added) {
    const auto service = intern_.service(entry.service);
    if (!service) return std::unexpected(service.error());
    PW_TRY(database_
               .run(
                   R"sql(
      INSERT OR REPLACE INTO baseline (service, label, origin, added_at_us, added_by, seq)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql",
                   *service, Blob{entry.label}, entry.origin, to_us(entry.added_at), Blob{entry.added_by},
                   seq.value)
               .finish());
    PW_TRY(mark_known(*service));
  }
  if (!detail.learning_until) return {};
  return database_.run("UPDATE meta SET learning_until_us = ?1", to_us(*detail.learning_until)).finish();
}

base::Status SqliteEventWriter::mark_known(std::int64_t service) {
  const auto unknown = database_
                           .run("SELECT id FROM assessment WHERE service = ?1 AND verdict = ?2", service,
                                model::Verdict::kUnknown)
                           .integers();
  if (!unknown) return std::unexpected(unknown.error());
  for (const std::int64_t assessment : *unknown) {
    const auto known = intern_.with_verdict(assessment, model::Verdict::kKnown);
    if (!known) return std::unexpected(known.error());
    PW_TRY(database_
               .run("UPDATE listener SET assessment = ?2 WHERE assessment = ?1 AND closed_seq IS NULL",
                    assessment, *known)
               .finish());
  }
  return {};
}

base::Result<std::size_t> SqliteEventWriter::prune(const interface::AgeLimit& age, std::size_t max_rows) {
  return prune_database(database_, age, max_rows);
}

}  // namespace portwatch::store
