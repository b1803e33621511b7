// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers questions from a connection of its own. Each answer is one consistent picture.

#include <vector>

#include "daemon/interface/event_store.h"
#include "daemon/store/database.h"
#include "daemon/store/event_query.h"
#include "daemon/store/listener_loader.h"

namespace portwatch::store {

class SqliteEventReader final : public interface::EventReader {
 public:
  explicit SqliteEventReader(Database database) : database_(std::move(database)) {}

  [[nodiscard]] base::Result<model::EventPage> events(const model::EventQuery& query) override;
  [[nodiscard]] base::Result<model::AlertPage> alerts(const model::AlertQuery& query) override;
  [[nodiscard]] base::Result<model::PastPage> listeners_at(const model::PastQuery& query) override;

  [[nodiscard]] Database& database() { return database_; }

 private:
  [[nodiscard]] base::Result<EventPlan> plan(const model::EventQuery& query);
  [[nodiscard]] base::Status find_few(const std::string& sql, std::optional<std::vector<std::int64_t>>& few);

  Database database_;
};

/// One alert, with its listener as it is now.
[[nodiscard]] base::Result<model::Alert> load_alert(Database& database, ListenerLoader& loader,
                                                    std::int64_t id);

}  // namespace portwatch::store
