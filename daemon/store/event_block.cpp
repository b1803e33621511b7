// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/event_block.h"

#include <algorithm>
#include <limits>

#include "daemon/store/row_values.h"

namespace portwatch::store {

base::Status note_times(Database& database, std::span<const model::Event> events) {
  while (!events.empty()) {
    const std::int64_t block = events.front().seq.value / kEventsPerBlock;
    const auto end = std::ranges::find_if(
        events, [block](const model::Event& event) { return event.seq.value / kEventsPerBlock != block; });
    const auto in_block = events.first(static_cast<std::size_t>(end - events.begin()));
    const auto [first, last] =
        std::ranges::minmax_element(in_block, {}, [](const model::Event& event) { return event.time.at; });
    PW_TRY(database
               .run(R"sql(
      INSERT INTO event_block (block, min_at_us, max_at_us) VALUES (?1, ?2, ?3)
      ON CONFLICT (block) DO UPDATE SET
        min_at_us = min(min_at_us, excluded.min_at_us), max_at_us = max(max_at_us, excluded.max_at_us))sql",
                    block, to_us(first->time.at), to_us(last->time.at))
               .finish());
    events = events.subspan(in_block.size());
  }
  return {};
}

base::Result<SeqRange> range_of(Database& database, std::optional<base::UtcTime> since,
                                std::optional<base::UtcTime> until) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (!since && !until) return SeqRange{.first = 0, .last = kMax};
  Run run = database.run(
      R"sql(
      SELECT min(block), max(block) FROM event_block
      WHERE (?1 IS NULL OR max_at_us >= ?1) AND (?2 IS NULL OR min_at_us < ?2))sql",
      to_us(since), to_us(until));
  const auto has_row = run.step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row || run.is_null(0)) return SeqRange{.first = 1, .last = 0};
  return SeqRange{.first = run.integer(0) * kEventsPerBlock,
                  .last = run.integer(1) * kEventsPerBlock + (kEventsPerBlock - 1)};
}

}  // namespace portwatch::store
