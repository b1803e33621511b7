// SPDX-License-Identifier: Apache-2.0
#pragma once

// A process of another user that listens and keeps whoever reads its command line waiting, for as long as it
// lives: one of its threads reads a page of a filesystem of its own (FUSE) that never answers, another waits
// behind it to change the memory map, and everybody who wants to look waits behind that one.

#include <cstdint>

namespace portwatch::test {

class StuckProcess {
 public:
  static constexpr unsigned kUser = 65534;  ///< "nobody"

  /// Whether this machine lets us make one: it takes root, and FUSE.
  [[nodiscard]] static bool can_be_made();

  /// Listens on all addresses, and readers wait. Aborts when it cannot be made.
  explicit StuckProcess(std::uint16_t port);
  ~StuckProcess();
  StuckProcess(const StuckProcess&) = delete;
  StuckProcess& operator=(const StuckProcess&) = delete;

  [[nodiscard]] int pid() const { return pid_; }

 private:
  int server_ = -1;  ///< of the filesystem; the process ends with it
  int pid_ = -1;
};

}  // namespace portwatch::test
