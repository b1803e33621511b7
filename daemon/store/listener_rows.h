// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writing listeners: a row for each listening period, and its owners as a set that changes.

#include <cstdint>
#include <optional>

#include "common/base/error.h"
#include "common/model/coverage.h"
#include "common/model/listener.h"
#include "daemon/store/database.h"
#include "daemon/store/intern.h"

namespace portwatch::store {

/// All functions run inside a transaction of the writer.
class ListenerRows {
 public:
  struct Row {
    std::int64_t id = 0;
    bool is_open = true;
    bool is_new = false;  ///< made by this call
  };

  ListenerRows(Database& database, Interner& intern) : database_(database), intern_(intern) {}

  [[nodiscard]] base::Result<std::optional<Row>> find(const model::ListenerKey& key);

  /// The row of the listener, made if it is not there: its `opened` event may have been lost, so any event,
  /// `seq`, brings it.
  [[nodiscard]] base::Result<Row> find_or_insert(const model::Listener& listener, std::int64_t assessment,
                                                 std::int64_t seq);

  /// What is said about an open listener by an event about it: facts of the socket that were learned, and the
  /// assessment.
  [[nodiscard]] base::Status update(std::int64_t id, const model::Listener& listener,
                                    std::int64_t assessment);

  /// From `seq` on the owners are those of `listener`.
  [[nodiscard]] base::Status set_owners(std::int64_t id, const model::Listener& listener, std::int64_t seq);

  /// The period is over by the event `seq`; the owners stay as those that held it last.
  [[nodiscard]] base::Status close(std::int64_t id, const model::Listener& listener, std::int64_t seq);

  /// What listens where nobody looks is not watched any more; what listens where somebody does is.
  [[nodiscard]] base::Status note_coverage(const model::Coverage& coverage, base::UtcTime last_watched);

  /// The `closed` event of a period, if it has one.
  [[nodiscard]] base::Result<std::optional<std::int64_t>> closed_seq(const model::ListenerKey& key);

 private:
  Database& database_;
  Interner& intern_;
};

}  // namespace portwatch::store
