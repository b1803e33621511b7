// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading listeners back as they were after a given event. One loader serves one question: it remembers what
// it has read, so that events about the same listener share it.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/model/listener.h"
#include "daemon/store/database.h"

namespace portwatch::store {

class ListenerLoader {
 public:
  /// As of now: after every event.
  static constexpr std::int64_t kNow = std::numeric_limits<std::int64_t>::max();

  explicit ListenerLoader(Database& database) : database_(database) {}

  /// The listener with its owners as of the event `seq`, closed if it was then. Its assessment is the given
  /// one; unset: the latest. Whether it is watched is told of now alone. Errors: kCorrupt, or as
  /// sqlite_error().
  [[nodiscard]] base::Result<model::ListenerRef> load(std::int64_t id, std::int64_t seq,
                                                      std::optional<std::int64_t> assessment);

  /// Who joined and who left by the event `seq`.
  [[nodiscard]] base::Result<model::OwnerChangedDetail> owner_change(std::int64_t id, std::int64_t seq);

  /// When the period ended; nothing while it lasts.
  struct End {
    std::optional<model::EventTime> closed;
    model::Ending ending;
    std::optional<base::UtcTime> unwatched_since;  ///< it lasts, as far as anybody knows who does not look
  };
  [[nodiscard]] base::Result<End> end_of(std::int64_t id);

  [[nodiscard]] base::Result<model::ServiceKey> service(std::int64_t id);

 private:
  struct Period {
    model::Listener listener;  ///< without assessment and owners; with its end, if it has one
    std::int64_t assessment = 0;
    std::optional<std::int64_t> closed_seq;
    std::optional<base::UtcTime> unwatched_since;
  };
  struct Ownership {
    std::int64_t process = 0;  ///< read only when it is wanted: a listener may have had very many
    std::int64_t from_seq = 0;
    std::optional<std::int64_t> until_seq;
  };

  [[nodiscard]] base::Result<const Period*> period(std::int64_t id);
  [[nodiscard]] base::Result<const std::vector<Ownership>*> owners(std::int64_t id);
  [[nodiscard]] base::Result<model::ProcessRef> process(std::int64_t id);
  [[nodiscard]] base::Result<const model::Listener*> assessment(std::int64_t id);
  [[nodiscard]] base::Result<std::string> string(std::int64_t id);
  [[nodiscard]] base::Status read_string(std::optional<std::int64_t> id, std::optional<std::string>& out);

  Database& database_;
  std::map<std::int64_t, Period> periods_;
  std::map<std::int64_t, std::vector<Ownership>> owners_;
  std::map<std::int64_t, model::ProcessRef> processes_;
  std::map<std::int64_t, model::Listener> assessments_;  ///< only the fields of an assessment are set
  std::map<std::int64_t, std::string> strings_;
};

}  // namespace portwatch::store
