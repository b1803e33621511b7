// SPDX-License-Identifier: Apache-2.0
#pragma once

// What became of the listening periods that are tracked: by a look, or by what a sensor told.

#include <memory>
#include <vector>

#include "common/model/listener.h"

namespace portwatch::core {

/// Listeners in `opened`, `held` and `owner_changed` are the tracker's own, not yet seen by anybody: the
/// caller fills in the verdict before it hands them on. All lists are in order of generation.
struct Changes {
  struct Opened {
    std::shared_ptr<model::Listener> listener;
    bool is_first_scan = false;  ///< it was there when its table was looked at for the first time ever
    bool is_over = false;        ///< it is in `closed` as well: it opened first
  };
  struct OwnerChanged {
    std::shared_ptr<model::Listener> listener;
    model::ListenerRef before;
    model::EventTime time;
    std::vector<model::ProcessRef> added;
    std::vector<model::ProcessRef> removed;
    bool is_port_named = false;  ///< what changed is only that its program is known to have named the port
  };

  std::vector<model::ListenerRef> closed;
  std::vector<Opened> opened;
  std::vector<OwnerChanged> owner_changed;
  std::vector<std::shared_ptr<model::Listener>>
      held;  ///< newcomers that wait for another look; listed already
  bool look_again = false;
};

}  // namespace portwatch::core
