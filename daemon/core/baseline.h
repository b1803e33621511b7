// SPDX-License-Identifier: Apache-2.0
#pragma once

// The services that belong here, and which of them is nearest to one that does not.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/baseline_entry.h"
#include "daemon/core/service_key.h"

namespace portwatch::core {

/// A known service that resembles another, and in what it is not the same.
struct Neighbour {
  const model::BaselineEntry* entry = nullptr;
  /// "port", "exposure", "user", "protocol", "program"; "folder" or "code" where only that of the program
  /// differs.
  std::vector<std::string_view> differences;
};

class Baseline {
 public:
  explicit Baseline(std::vector<model::BaselineEntry> entries);

  /// Null when the service is not known. Valid until the next add().
  [[nodiscard]] const model::BaselineEntry* find(const model::ServiceKey& service) const;

  /// A service that is there already gets the new entry's origin, time and author.
  void add(model::BaselineEntry entry);

  /// A service that is not there stays so.
  void remove(const model::ServiceKey& service);

  /// In no order.
  [[nodiscard]] std::vector<model::BaselineEntry> entries() const;

  /// `label`: of the service's program. The entry with the fewest differences among those with the same
  /// program or on the same port; nothing when none differs in fewer than three fields. Valid until the next
  /// add().
  [[nodiscard]] std::optional<Neighbour> nearest(const model::ServiceKey& service,
                                                 std::string_view label) const;

 private:
  using Program = std::pair<model::ProgramKind, std::string>;

  std::vector<model::BaselineEntry> entries_;  ///< also removed ones, which no index names
  std::unordered_map<model::ServiceKey, std::size_t, ServiceKeyHash> by_service_;
  std::map<Program, std::vector<std::size_t>> by_program_;
  std::map<base::Port, std::vector<std::size_t>> by_port_;
};

}  // namespace portwatch::core
