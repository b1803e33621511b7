// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one thread tells and another takes, in its order. Who takes sleeps on a descriptor (eventfd(2)), and
// is woken only when it said that it waits. It is bounded: what finds no room is counted as lost in its
// place.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/error.h"
#include "common/model/observation.h"
#include "common/platform/descriptor.h"

namespace portwatch::sensor {

class ObservationQueue {
 public:
  /// `most` may wait, and as many ends of processes in them: further ones, which only explain, are left out.
  /// Errors: no descriptor is free.
  [[nodiscard]] static base::Result<std::unique_ptr<ObservationQueue>> make(std::size_t most);

  /// Thread: who tells.
  void push(std::vector<model::Observation> told);

  /// Thread of these: who takes. As interface::EventSource has them.
  [[nodiscard]] int descriptor() const { return wake_.get(); }
  [[nodiscard]] std::vector<model::Observation> take(std::size_t most);
  [[nodiscard]] bool may_wait();

 private:
  ObservationQueue(platform::Descriptor wake, std::size_t most) : wake_(std::move(wake)), most_(most) {}
  void add(model::Observation observation);

  platform::Descriptor wake_;
  std::size_t most_;
  mutable std::mutex mutex_;
  // All under the mutex.
  std::deque<model::Observation> waiting_;
  std::size_t ends_waiting_ = 0;  ///< of processes, in what waits
  bool wants_to_be_woken_ = false;
  bool is_woken_ = false;  ///< the descriptor is readable
};

}  // namespace portwatch::sensor
