// SPDX-License-Identifier: Apache-2.0
#pragma once

// A thread that reads the ring of the kernel's programs as the daemon's loop would: asleep while nothing
// happens, every two milliseconds while a burst lasts.

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "daemon/sensor/linux/bpf/event_programs.h"

namespace portwatch::bench {

struct Told {
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> opened{0};  ///< TCP, of our network namespace
  std::atomic<std::uint64_t> ended{0};
  std::atomic<std::uint64_t> processes{0};
  std::atomic<std::uint64_t> without_process{0};  ///< opened by an image that nobody told of before
  std::atomic<std::uint64_t> wakeups{0};
  std::atomic<double> cpu_ms{0};
};

class EventReader {
 public:
  explicit EventReader(sensor::bpf::EventPrograms& programs);
  ~EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  [[nodiscard]] const Told& told() const { return told_; }
  /// Reads until nothing comes any more, and ends.
  void finish();

 private:
  void run();

  sensor::bpf::EventPrograms& programs_;
  Told told_;
  std::atomic<bool> is_ending_{false};
  std::thread thread_;
};

}  // namespace portwatch::bench
