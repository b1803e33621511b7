// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a question about events or alerts to SQL that walks an index in the order of the answer and stops when
// the page is full.

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/query.h"
#include "daemon/store/event_block.h"

namespace portwatch::store {

/// What a question comes down to once the small tables have been asked.
struct EventPlan {
  SeqRange range;
  /// Set when the question names a program or a user, and few assessments fit: only events with one of these.
  std::optional<std::vector<std::int64_t>> assessments;
  /// Set when the question names a unit, and few listeners ever had an owner in it: only events about these.
  std::optional<std::vector<std::int64_t>> listeners;
};

/// More assessments or listeners than this are not walked one by one: the log is.
inline constexpr std::size_t kMaxWalks = 64;

/// Gives the assessments that fit the program and the user of the question, at most kMaxWalks + 1; empty when
/// it names neither.
[[nodiscard]] std::string assessments_sql(const model::EventQuery& query);

/// Gives the listeners that ever had an owner in the unit of the question, at most kMaxWalks + 1; empty when
/// it names none.
[[nodiscard]] std::string listeners_sql(const model::EventQuery& query);

/// SELECT of seq, kind, at_us, earliest_us, boot_us, precision, listener, assessment, detail: at most limit +
/// 1 rows. Values stand in the SQL as numbers and as hexadecimal literals, never as text.
[[nodiscard]] std::string events_sql(const model::EventQuery& query, const EventPlan& plan);

/// SELECT of the ids of alerts, newest first: at most limit + 1 rows.
[[nodiscard]] std::string alerts_sql(const model::AlertQuery& query);

}  // namespace portwatch::store
