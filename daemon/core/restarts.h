// SPDX-License-Identifier: Apache-2.0
#pragma once

// Remembers who closed a short while ago, so that a service that comes back is seen as restarted, not as new.

#include <deque>
#include <optional>
#include <unordered_map>

#include "common/base/time.h"
#include "common/model/listener.h"
#include "daemon/core/service_key.h"

namespace portwatch::core {

class Restarts {
 public:
  /// A listener that closed, or whose close was noticed, at `now`.
  void add(model::ListenerRef closed, base::BootTime now);

  /// The closed period that this newcomer continues: of the same service, at the same address before others,
  /// the one that closed first before later ones. It is given once.
  [[nodiscard]] std::optional<model::ListenerKey> take(const model::Listener& newcomer);

  /// Forgets what closed too long ago to be called a restart.
  void expire(base::BootTime now);

 private:
  struct Closed {
    model::ListenerRef listener;
    base::BootTime noticed;
    bool is_taken = false;
  };

  std::deque<std::shared_ptr<Closed>> by_age_;
  std::unordered_map<model::ServiceKey, std::deque<std::shared_ptr<Closed>>, ServiceKeyHash> by_service_;
};

}  // namespace portwatch::core
