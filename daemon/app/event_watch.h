// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes what a sensor tells, as it happens: at once when it is quiet, and in a bundle every two milliseconds
// while a burst lasts, because each wake-up costs those who are watched. Thread: the loop's, for all of it.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/error.h"
#include "common/model/observation.h"
#include "common/uv/poll.h"
#include "common/uv/timer.h"
#include "daemon/interface/sensor.h"

namespace portwatch::app {

class EventWatch {
 public:
  struct Callbacks {
    std::function<void(const std::vector<model::Observation>& told)> on_told;
    /// Whether more can be taken; else it waits in the sensor, and this is asked again before long.
    std::function<bool()> has_room = [] { return true; };
  };

  /// How long a bundle gathers.
  static constexpr base::Micros kBundle = std::chrono::milliseconds{2};
  /// How long it waits for room.
  static constexpr base::Micros kRoomCheck = std::chrono::milliseconds{20};
  /// At most so much in one turn of the loop, so that clients are answered during a burst.
  static constexpr std::size_t kMostAtOnce = 2000;
  static constexpr int kMostToCatchUp = 4;  ///< times that

  /// The source must outlive this. Errors: its descriptor cannot be waited for.
  [[nodiscard]] static base::Result<std::unique_ptr<EventWatch>> make(uv::Loop& loop,
                                                                      interface::EventSource& source,
                                                                      Callbacks callbacks);
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;

  /// Behind the first look that was taken in. Calls after the first do nothing.
  void start();
  [[nodiscard]] bool is_running() const { return is_running_; }
  void stop();
  /// What happened until then, at once: before a look that ended then is taken in, which shows what came of
  /// it. Whether that is all; the rest of a long burst comes as always. True before start().
  [[nodiscard]] bool catch_up(base::BootTime until);
  /// All that happened until then, however much it is and whoever holds us, for the last time: stops.
  void finish(base::BootTime until);

  /// Nothing is taken until release(): what is told waits in the sensor.
  void hold();
  void release();

 private:
  EventWatch(uv::Loop& loop, interface::EventSource& source, Callbacks callbacks);
  void go_on();
  /// Whether there was something, and there may be more.
  bool take();

  interface::EventSource& source_;
  Callbacks callbacks_;
  std::optional<uv::Poll> poll_;
  uv::Timer bundle_;
  bool is_running_ = false;
  bool is_held_ = false;
  base::BootTime taken_until_;
};

}  // namespace portwatch::app
