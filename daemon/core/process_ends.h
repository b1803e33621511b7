// SPDX-License-Identifier: Apache-2.0
#pragma once

// How processes ended lately. A socket can outlive its last holder for a moment, and its end can be found by
// a look: then what became of the holders says why.

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/model/ending.h"

namespace portwatch::core {

class ProcessEnds {
 public:
  /// The last so many are known.
  static constexpr std::size_t kMost = 4096;

  /// How exactly somebody knows counts, not when: "ended" never replaces "exited with 3".
  void note(const model::ProcessKey& process, const model::Ending& ending);

  /// Of what these held: the end of the one that ended last. Nothing while one of them may be alive, or when
  /// there are none.
  [[nodiscard]] std::optional<model::Ending> of(const std::vector<model::ProcessRef>& holders) const;

  /// Those that may be alive.
  [[nodiscard]] std::vector<model::ProcessRef> without_ended(std::vector<model::ProcessRef> processes) const;

 private:
  struct Known {
    model::Ending ending;
    std::uint64_t turn = 0;  ///< rises from one to the next
  };

  std::unordered_map<model::ProcessKey, Known> ends_;
  std::deque<model::ProcessKey> order_;
  std::uint64_t turn_ = 0;
};

}  // namespace portwatch::core
