// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/event_query.h"

#include <algorithm>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

std::string hex_literal(std::string_view bytes) {
  std::string literal = "x'";
  for (const char byte : bytes)
    fmt::format_to(std::back_inserter(literal), "{:02x}", static_cast<unsigned char>(byte));
  return literal + "'";
}

/// The numbers of enumerators, each once.
template <class E>
std::vector<int> codes_of(const std::vector<E>& values) {
  std::vector<int> codes;
  for (const E value : values) codes.push_back(static_cast<int>(value));
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  return codes;
}

/// Where in the log, in what direction. A cursor comes from outside and may be any number.
SeqRange window(const model::EventQuery& query, SeqRange range) {
  if (!query.after) return range;
  const std::int64_t after = query.after->value;
  if (query.newest_first && after > range.first)
    range.last = std::min(range.last, after - 1);
  else if (!query.newest_first && after < range.last)
    range.first = std::max(range.first, after + 1);
  else
    range = {.first = 1, .last = 0};
  return range;
}

/// Conditions on assessments `a`; empty when the question has none.
std::string assessment_condition(const model::EventQuery& query) {
  std::string condition;
  if (!query.program.empty())
    condition = fmt::format("instr((SELECT bytes FROM string WHERE id = a.label), {}) > 0",
                            hex_literal(query.program));
  if (!query.user.empty()) {
    if (!condition.empty()) condition += " AND ";
    condition += fmt::format(
        "(SELECT user FROM service WHERE id = a.service) ="
        " (SELECT id FROM string WHERE bytes = {})",
        hex_literal(query.user));
  }
  return condition;
}

/// Conditions that no index of the walk answers.
std::string filters(const model::EventQuery& query, const EventPlan& plan, bool is_by_kind) {
  std::string sql;
  const auto add = [&sql](std::string_view condition) {
    fmt::format_to(std::back_inserter(sql), " AND {}", condition);
  };
  if (query.since) add(fmt::format("at_us >= {}", to_us(*query.since)));
  if (query.until) add(fmt::format("at_us < {}", to_us(*query.until)));
  if (!query.kinds.empty() && !is_by_kind)
    add(fmt::format("kind IN ({})", fmt::join(codes_of(query.kinds), ", ")));
  if (const std::string condition = assessment_condition(query); !condition.empty() && !plan.assessments)
    add(fmt::format("EXISTS (SELECT 1 FROM assessment a WHERE a.id = event.assessment AND {})", condition));
  if (query.port && (query.port->protocol || query.port->address)) {
    std::string listener = "l.id = event.listener";
    if (query.port->protocol)
      listener += fmt::format(" AND l.protocol = {}", static_cast<int>(*query.port->protocol));
    if (query.port->address) {
      const auto octets = query.port->address->octets();
      listener += fmt::format(" AND l.address = {}",
                              hex_literal({reinterpret_cast<const char*>(octets.data()), octets.size()}));
    }
    add(fmt::format("EXISTS (SELECT 1 FROM listener l WHERE {})", listener));
  }
  if (!query.unit.empty())
    add(
        fmt::format("EXISTS (SELECT 1 FROM listener_owner o JOIN process p ON p.id = o.process"
                    " WHERE o.listener = event.listener AND o.from_seq <= event.seq"
                    " AND (o.until_seq IS NULL OR o.until_seq > event.seq)"
                    " AND p.unit = (SELECT id FROM string WHERE bytes = {}))",
                    hex_literal(query.unit)));
  return sql;
}

/// The ways to walk the log: one for each value of the index that is most selective.
std::vector<std::string> drivers(const model::EventQuery& query, const EventPlan& plan, bool& is_by_kind) {
  std::vector<std::string> list;
  is_by_kind = false;
  if (query.port) {
    std::string driver =
        fmt::format("event INDEXED BY event_by_port WHERE port = {}", query.port->port.value);
    if (plan.assessments)
      driver += fmt::format(" AND assessment IN ({})", fmt::join(*plan.assessments, ", "));
    return {driver};
  }
  if (plan.assessments) {
    for (const std::int64_t assessment : *plan.assessments)
      list.push_back(fmt::format("event INDEXED BY event_by_assessment WHERE assessment = {}", assessment));
    return list;
  }
  if (plan.listeners) {
    for (const std::int64_t listener : *plan.listeners)
      list.push_back(fmt::format("event INDEXED BY event_by_listener WHERE listener = {}", listener));
    return list;
  }
  if (!query.kinds.empty()) {
    is_by_kind = true;
    for (const int kind : codes_of(query.kinds))
      list.push_back(fmt::format("event INDEXED BY event_by_kind WHERE kind = {}", kind));
    return list;
  }
  return {"event NOT INDEXED WHERE 1"};
}

}  // namespace

std::string assessments_sql(const model::EventQuery& query) {
  const std::string condition = assessment_condition(query);
  if (condition.empty()) return {};
  return fmt::format("SELECT a.id FROM assessment a WHERE {} LIMIT {}", condition, kMaxWalks + 1);
}

std::string listeners_sql(const model::EventQuery& query) {
  if (query.unit.empty()) return {};
  return fmt::format(
      "SELECT DISTINCT o.listener FROM process p JOIN listener_owner o ON o.process = p.id"
      " WHERE p.unit = (SELECT id FROM string WHERE bytes = {}) LIMIT {}",
      hex_literal(query.unit), kMaxWalks + 1);
}

std::string alerts_sql(const model::AlertQuery& query) {
  std::string conditions;
  if (query.id) conditions += fmt::format(" AND id = {}", query.id->value);
  if (query.after) conditions += fmt::format(" AND id < {}", query.after->value);
  std::string sql;
  if (query.states.empty()) sql = "SELECT id FROM alert WHERE 1" + conditions;
  for (const int state : codes_of(query.states)) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql +=
        fmt::format("SELECT id FROM alert INDEXED BY alert_by_state WHERE state = {}{}", state, conditions);
  }
  return sql + fmt::format(" ORDER BY id DESC LIMIT {}", query.limit + 1);
}

std::string events_sql(const model::EventQuery& query, const EventPlan& plan) {
  bool is_by_kind = false;
  const std::vector<std::string> walks = drivers(query, plan, is_by_kind);
  const std::string conditions = filters(query, plan, is_by_kind);
  const SeqRange range = window(query, plan.range);
  std::string sql;
  for (const std::string& walk : walks) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql += fmt::format(
        "SELECT seq, kind, at_us, earliest_us, boot_us, precision, listener, assessment, detail FROM {}"
        " AND seq >= {} AND seq <= {}{}",
        walk, range.first, range.last, conditions);
  }
  return sql + fmt::format(" ORDER BY seq {} LIMIT {}", query.newest_first ? "DESC" : "ASC", query.limit + 1);
}

}  // namespace portwatch::store
