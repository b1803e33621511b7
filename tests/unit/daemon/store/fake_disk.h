// SPDX-License-Identifier: Apache-2.0
#pragma once

// A disk that counts how often SQLite asks for a sync, that can be full, and that can kill who uses it. It
// stands in front of the real one, for every connection that is opened while it lives.

#include <atomic>
#include <memory>

struct sqlite3_vfs;

namespace portwatch::test {

class FakeDisk {
 public:
  FakeDisk();
  ~FakeDisk();
  FakeDisk(const FakeDisk&) = delete;
  FakeDisk& operator=(const FakeDisk&) = delete;

  /// Syncs of write-ahead logs, since the disk was made.
  [[nodiscard]] int log_syncs() const { return log_syncs_; }
  void set_full(bool is_full) { is_full_ = is_full; }

  /// SIGKILL for this process in place of the write or sync behind so many others.
  void kill_after(int steps) { steps_left_ = steps; }

  // Called by the files on it.
  void take_step();
  void note_log_sync() { ++log_syncs_; }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  std::atomic<int> log_syncs_ = 0;
  std::atomic<bool> is_full_ = false;
  std::atomic<int> steps_left_ = -1;  ///< below 0: nobody is killed
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace portwatch::test
