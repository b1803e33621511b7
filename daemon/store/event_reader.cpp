// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/event_reader.h"

#include <fmt/format.h>

#include "common/model/page_budget.h"
#include "common/model/weight.h"
#include "daemon/store/detail_codec.h"
#include "daemon/store/past_listeners.h"
#include "daemon/store/row_values.h"
#include "daemon/store/transaction.h"

namespace portwatch::store {
namespace {

base::Status check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= model::kMaxPage) return {};
  return base::fail(base::ErrorCode::kInvalidArgument,
                    fmt::format("a page holds 1 to {} rows, not {}", model::kMaxPage, limit));
}

/// Reads as many rows as the page of a question takes; says whether one is left.
template <class Query, class Item, class ReadRow>
base::Result<bool> read_page(Run& run, const Query& query, std::vector<Item>& items, ReadRow read_row) {
  model::PageBudget budget(query.limit, query.max_bytes);
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return false;
    auto item = read_row();
    if (!item) return std::unexpected(std::move(item).error());
    if (!budget.take(weight(*item))) return true;
    items.push_back(std::move(*item));
  }
}

/// The event in the current row of events_sql().
base::Result<model::Event> read_event(const Run& run, ListenerLoader& loader) {
  RowReader row(run);
  model::Event event;
  event.seq.value = row.integer();
  event.kind = row.enumerator<model::EventKind>();
  event.time.at = utc_from_us(row.integer());
  event.time.earliest = utc_from_us(row.optional_integer());
  event.time.boot = boot_from_us(row.integer());
  event.time.precision = row.enumerator<model::Precision>();
  const auto listener = row.optional_integer();
  const auto assessment = row.optional_integer();
  if (!row.is_good()) return corrupt("an event does not decode");
  if (!run.is_null(8)) {
    auto detail = decode_detail(event.kind, row.bytes());
    if (!detail) return std::unexpected(std::move(detail).error());
    event.detail = std::move(*detail);
  }
  if (listener) {
    auto loaded = loader.load(*listener, event.seq.value, assessment);
    if (!loaded) return std::unexpected(std::move(loaded).error());
    event.listener = std::move(*loaded);
  }
  if (auto* alert = std::get_if<model::AlertDetail>(&event.detail)) {
    if (!event.listener) return corrupt("an alert has no listener");
    alert->alert.listener = event.listener;
  }
  if (listener && std::holds_alternative<model::OwnerChangedDetail>(event.detail)) {
    auto change = loader.owner_change(*listener, event.seq.value);
    if (!change) return std::unexpected(std::move(change).error());
    event.detail = std::move(*change);
  }
  return event;
}

}  // namespace

base::Result<EventPlan> SqliteEventReader::plan(const model::EventQuery& query) {
  EventPlan plan;
  const auto range = range_of(database_, query.since, query.until);
  if (!range) return std::unexpected(range.error());
  plan.range = *range;
  PW_TRY(find_few(assessments_sql(query), plan.assessments));
  PW_TRY(find_few(listeners_sql(query), plan.listeners));
  return plan;
}

/// What the SQL gives, if it is few enough to be walked one by one.
base::Status SqliteEventReader::find_few(const std::string& sql,
                                         std::optional<std::vector<std::int64_t>>& few) {
  if (sql.empty()) return {};
  auto statement = Statement::prepare(database_, sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  auto found = statement->run().integers();
  if (!found) return std::unexpected(std::move(found).error());
  if (found->size() <= kMaxWalks) few = std::move(*found);
  return {};
}

base::Result<model::EventPage> SqliteEventReader::events(const model::EventQuery& query) {
  PW_TRY(check_limit(query.limit));
  auto transaction = Transaction::begin(database_, Transaction::Kind::kRead);
  if (!transaction) return std::unexpected(transaction.error());
  const auto planned = plan(query);
  if (!planned) return std::unexpected(planned.error());
  model::EventPage page;
  const bool has_none = (planned->assessments && planned->assessments->empty()) ||
                        (planned->listeners && planned->listeners->empty());
  if (has_none) return page;
  auto statement = Statement::prepare(database_, events_sql(query, *planned));
  if (!statement) return std::unexpected(std::move(statement).error());
  ListenerLoader loader(database_);
  Run run = statement->run();
  const auto has_more = read_page(run, query, page.events, [&] { return read_event(run, loader); });
  if (!has_more) return std::unexpected(has_more.error());
  if (*has_more) page.next = page.events.back().seq;
  return page;
}

base::Result<model::AlertPage> SqliteEventReader::alerts(const model::AlertQuery& query) {
  PW_TRY(check_limit(query.limit));
  auto transaction = Transaction::begin(database_, Transaction::Kind::kRead);
  if (!transaction) return std::unexpected(transaction.error());
  auto statement = Statement::prepare(database_, alerts_sql(query));
  if (!statement) return std::unexpected(std::move(statement).error());

  model::AlertPage page;
  ListenerLoader loader(database_);
  Run run = statement->run();
  const auto has_more =
      read_page(run, query, page.alerts, [&] { return load_alert(database_, loader, run.integer(0)); });
  if (!has_more) return std::unexpected(has_more.error());
  if (*has_more) page.next = page.alerts.back().id;
  return page;
}

base::Result<model::PastPage> SqliteEventReader::listeners_at(const model::PastQuery& query) {
  PW_TRY(check_limit(query.limit));
  auto transaction = Transaction::begin(database_, Transaction::Kind::kRead);
  if (!transaction) return std::unexpected(transaction.error());
  return past_listeners(database_, query);
}

base::Result<model::Alert> load_alert(Database& database, ListenerLoader& loader, std::int64_t id) {
  Run run = database.run(
      R"sql(
      SELECT id, state, severity, delivery, count, opened_at_us, last_seen_at_us, changed_by,
        reasons, listener
      FROM alert WHERE id = ?1)sql",
      id);
  const auto has_row = run.step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row) return corrupt("an alert is missing");
  RowReader row(run);
  model::Alert alert;
  alert.id.value = row.integer();
  alert.state = row.enumerator<model::AlertState>();
  alert.severity = row.enumerator<model::Severity>();
  alert.delivery = row.enumerator<model::Delivery>();
  alert.count = row.integer();
  alert.opened_at = utc_from_us(row.integer());
  alert.last_seen_at = utc_from_us(row.integer());
  alert.changed_by = row.text();
  auto reasons = decode_reasons(row.bytes());
  if (!reasons) return std::unexpected(std::move(reasons).error());
  alert.reasons = std::move(*reasons);
  auto listener = loader.load(row.integer(), ListenerLoader::kNow, std::nullopt);
  if (!listener) return std::unexpected(std::move(listener).error());
  alert.listener = std::move(*listener);
  if (!row.is_good()) return corrupt("an alert does not decode");
  return alert;
}

}  // namespace portwatch::store
