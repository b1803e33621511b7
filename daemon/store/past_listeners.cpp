// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/past_listeners.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "common/model/page_budget.h"
#include "common/model/weight.h"
#include "daemon/store/event_block.h"
#include "daemon/store/interval.h"
#include "daemon/store/listener_loader.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

using Found = model::PastPlace;

base::Status collect(Run run, std::vector<Found>& found) {
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return {};
    found.push_back({.port = {static_cast<std::uint16_t>(run.integer(0))}, .number = run.integer(1)});
  }
}

/// Every period that holds the instant, by the ports that are asked for. Protocol and address are not looked
/// at.
base::Result<std::vector<Found>> find(Database& database, const model::PastQuery& query) {
  const std::int64_t at = to_us(query.at);
  std::optional<std::int64_t> port;
  if (query.port) port = query.port->port.value;
  std::vector<Found> found;
  if (port) {
    PW_TRY(collect(database.run(R"sql(
      SELECT port, id FROM listener INDEXED BY listener_open
      WHERE closed_seq IS NULL AND port = ?1 AND opened_at_us <= ?2)sql",
                                *port, at),
                   found));
  } else {
    PW_TRY(collect(database.run(R"sql(
      SELECT port, id FROM listener INDEXED BY listener_open
      WHERE closed_seq IS NULL AND port >= 0 AND opened_at_us <= ?1)sql",
                                at),
                   found));
  }
  base::Status status;
  walk_path(query.at, [&](std::int64_t node) {
    if (!status) return;
    // What is filed under a node left of the instant began before it; it holds the instant unless it ended
    // before it too.
    status = node <= at ? collect(database.run(R"sql(
      SELECT port, id FROM listener INDEXED BY listener_by_end
      WHERE node = ?1 AND closed_at_us > ?2 AND (?3 IS NULL OR port = ?3))sql",
                                               node, at, port),
                                  found)
                        : collect(database.run(R"sql(
      SELECT port, id FROM listener INDEXED BY listener_by_start
      WHERE node = ?1 AND opened_at_us <= ?2 AND (?3 IS NULL OR port = ?3))sql",
                                               node, at, port),
                                  found);
  });
  if (!status) return std::unexpected(status.error());
  std::ranges::sort(found);
  return found;
}

/// The last event at or before the instant: what was stored up to there was known then.
base::Result<std::int64_t> last_seq_at(Database& database, base::UtcTime at) {
  const auto range = range_of(database, std::nullopt,
                              std::min(at, base::UtcTime::max() - base::Micros(1)) + base::Micros(1));
  if (!range) return std::unexpected(range.error());
  const auto seq = database
                       .run(
                           R"sql(
      SELECT seq FROM event NOT INDEXED WHERE seq >= ?1 AND seq <= ?2 AND at_us <= ?3
      ORDER BY seq DESC LIMIT 1)sql",
                           range->first, range->last, to_us(at))
                       .integer_or_none();
  if (!seq) return std::unexpected(seq.error());
  if (*seq) return **seq;
  const auto first = database.run("SELECT min(seq) FROM event").integer_or_none();
  if (!first) return std::unexpected(first.error());
  return *first ? **first - 1 : ListenerLoader::kNow;
}

/// The listener as it was at the event `seq`, but at the first one about it at the earliest.
base::Result<model::ListenerRef> load_at(Database& database, ListenerLoader& loader, std::int64_t id,
                                         std::int64_t seq, base::UtcTime at) {
  const auto opened = database.run("SELECT opened_seq FROM listener WHERE id = ?1", id).integer_or_none();
  if (!opened) return std::unexpected(opened.error());
  const std::int64_t as_of = std::max(seq, opened->value_or(seq));
  const auto assessment = database
                              .run(
                                  R"sql(
      SELECT assessment FROM event WHERE listener = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1)sql",
                                  id, as_of)
                              .integer_or_none();
  if (!assessment) return std::unexpected(assessment.error());
  auto listener = loader.load(id, as_of, *assessment);
  if (!listener) return listener;
  const auto ended = loader.end_of(id);
  if (!ended) return std::unexpected(ended.error());
  const bool was_unwatched = ended->unwatched_since && *ended->unwatched_since <= at;
  if ((*listener)->closed == ended->closed && !was_unwatched) return listener;
  auto with_end = std::make_shared<model::Listener>(**listener);
  with_end->closed = ended->closed;
  with_end->ending = ended->ending;
  if (was_unwatched) with_end->unwatched_since = ended->unwatched_since;
  return with_end;
}

bool fits(const model::Listener& listener, const std::optional<net::PortQuery>& port) {
  if (!port) return true;
  const net::Endpoint& endpoint = listener.socket.endpoint;
  return (!port->protocol || endpoint.protocol == *port->protocol) &&
         (!port->address || endpoint.address == *port->address);
}

}  // namespace

base::Result<model::PastPage> past_listeners(Database& database, const model::PastQuery& query) {
  const auto found = find(database, query);
  if (!found) return std::unexpected(found.error());
  const auto seq = last_seq_at(database, query.at);
  if (!seq) return std::unexpected(seq.error());
  model::PastPage page;
  ListenerLoader loader(database);
  model::PageBudget budget(query.limit, query.max_bytes);
  base::Status status;
  const auto from = query.after ? std::ranges::upper_bound(*found, *query.after) : found->begin();
  const auto stop = model::fill_page(from, found->end(), budget, [&](const Found& each) {
    auto listener = load_at(database, loader, each.number, *seq, query.at);
    if (!listener) status = std::unexpected(std::move(listener).error());
    if (!status) return false;
    if (!fits(**listener, query.port)) return true;
    if (!budget.take(weight(**listener))) return false;
    page.listeners.push_back(std::move(*listener));
    return true;
  });
  if (!status) return std::unexpected(status.error());
  if (stop != found->end()) page.next = *std::prev(stop);
  return page;
}

}  // namespace portwatch::store
