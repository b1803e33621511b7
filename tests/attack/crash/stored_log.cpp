// SPDX-License-Identifier: Apache-2.0
// By the store's own reader, which opens the file read-only: like portwatchd it finds what a killed one left
// in the write-ahead log.
#include "tests/attack/crash/stored_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "daemon/store/database.h"
#include "daemon/store/store.h"

namespace portwatch::test {

std::optional<std::vector<nlohmann::json>> stored_events(const std::filesystem::path& database,
                                                         base::Seq after) {
  auto reader = store::open_reader({.path = database, .machine_hash = {}});
  if (!reader) {
    ADD_FAILURE() << reader.error().message;
    return std::nullopt;
  }
  std::vector<nlohmann::json> events;
  model::EventQuery query;
  query.limit = model::kMaxPage;
  for (std::optional<base::Seq> next = after; next;) {
    query.after = *next;
    const auto page = (*reader)->events(query);
    if (!page) {
      ADD_FAILURE() << page.error().message;
      return std::nullopt;
    }
    for (const model::Event& event : page->events) events.push_back(json::encode(event));
    next = page->next;
  }
  return events;
}

std::string integrity_of(const std::filesystem::path& database) {
  auto connection = store::Database::open(database, store::Access::kReadOnly, std::chrono::seconds{2});
  if (!connection) return connection.error().message;
  auto run = connection->run("PRAGMA integrity_check");
  const auto has_row = run.step();
  if (!has_row) return has_row.error().message;
  return run.text(0);
}

}  // namespace portwatch::test
