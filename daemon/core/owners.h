// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who holds a socket now, given who held it before and what a look says. Looks are partial: a process may be
// unreadable for a moment, a forked holder may not be found yet. What is merely not seen is not gone.

#include <vector>

#include "common/model/process.h"
#include "common/model/snapshot.h"

namespace portwatch::core {

struct OwnerUpdate {
  std::vector<model::ProcessRef> owners;  ///< sorted by ProcessKey
  model::Attribution attribution = model::Attribution::kKernel;
  std::vector<model::ProcessRef> added;  ///< a process that runs another program now is in both
  std::vector<model::ProcessRef> removed;
  bool has_exec = false;  ///< a process that stays a holder runs another program, or may do so
  bool is_doubtful =
      false;  ///< somebody is missing, but the look does not prove that they are gone: they stay
};

/// Both lists hold the same references.
[[nodiscard]] bool same_references(const std::vector<model::ProcessRef>& a,
                                   const std::vector<model::ProcessRef>& b);

/// `believes_absence`: those whom the look does not show are gone, whatever its attribution says.
[[nodiscard]] OwnerUpdate update_owners(const std::vector<model::ProcessRef>& before,
                                        model::Attribution attribution_before,
                                        const model::Sighting& sighting, bool believes_absence);

}  // namespace portwatch::core
