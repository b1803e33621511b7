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
};

/// More assessments than this are not walked one by one: the log is.
inline constexpr std::size_t kMaxAssessments = 64;

/// Conditions on assessments, for "SELECT … FROM assessment a WHERE"; empty when the question has none.
[[nodiscard]] std::string assessment_condition(const model::EventQuery& query);

/// SELECT of seq, kind, at_us, earliest_us, boot_us, precision, listener, assessment, detail: at most limit +
/// 1 rows. Values stand in the SQL as numbers and as hexadecimal literals, never as text.
[[nodiscard]] std::string events_sql(const model::EventQuery& query, const EventPlan& plan);

/// SELECT of the ids of alerts, newest first: at most limit + 1 rows.
[[nodiscard]] std::string alerts_sql(const model::AlertQuery& query);

}  // namespace portwatch::store
