// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes what goes into the core to a file, on a thread of its own. Recording is worth less than watching:
// when the disk is full or too slow, or the file has grown too large, recording ends, which is said once, and
// all else goes on.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/error.h"
#include "daemon/app/trace_file.h"
#include "daemon/trace/record.h"

namespace portwatch::app {

class TraceRecorder {
 public:
  struct Options {
    std::uint64_t most_bytes = std::uint64_t{1} << 30U;  ///< of the file
    /// Sockets and observations that wait to be written.
    std::size_t most_waiting = 500'000;
    /// How long the end waits for the disk.
    base::Micros patience = std::chrono::seconds{2};
  };
  /// Why nothing is recorded any more. Called once at most, on the recorder's thread or by add().
  using OnProblem = std::function<void(const base::Error& why)>;

  TraceRecorder(std::unique_ptr<TraceFile> file, Options options, OnProblem on_problem);
  /// Writes what waits. A disk that does not get on is left behind, with its thread.
  ~TraceRecorder();
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  /// Never blocks. Without effect once there was a problem. Thread: one.
  void add(trace::Record record);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace portwatch::app
