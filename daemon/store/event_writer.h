// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes groups of events, and arranges what they say into listeners, owners, alerts and baseline.

#include <atomic>
#include <cstdint>
#include <memory>

#include "daemon/interface/event_store.h"
#include "daemon/store/database.h"
#include "daemon/store/intern.h"
#include "daemon/store/listener_rows.h"

namespace portwatch::store {

class SqliteEventWriter final : public interface::EventWriter {
 public:
  /// The database is configured and migrated. `progress` rises with each event; it may be null.
  explicit SqliteEventWriter(Database database,
                             std::shared_ptr<std::atomic<std::uint64_t>> progress = nullptr);

  [[nodiscard]] base::Status commit(std::span<model::Event> events,
                                    const interface::AliveMark& mark) override;
  [[nodiscard]] base::Result<std::size_t> prune(const interface::AgeLimit& age,
                                                std::size_t max_rows) override;

  [[nodiscard]] Database& database() { return database_; }

 private:
  [[nodiscard]] base::Status store_group(std::span<model::Event> events, const interface::AliveMark& mark);
  [[nodiscard]] base::Status store_event(model::Event& event);
  [[nodiscard]] base::Status refresh_listener(model::Event& event, std::int64_t listener,
                                              std::int64_t assessment);
  [[nodiscard]] base::Status store_alert(const model::Alert& alert, std::int64_t listener, base::Seq seq);
  [[nodiscard]] base::Status store_policy(const model::PolicyDetail& detail, base::Seq seq);
  [[nodiscard]] base::Status mark_known(std::int64_t service);

  Database database_;
  std::shared_ptr<std::atomic<std::uint64_t>> progress_;
  Interner intern_{database_};
  ListenerRows listeners_{database_, intern_};
};

}  // namespace portwatch::store
