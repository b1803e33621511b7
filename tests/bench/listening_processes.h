// SPDX-License-Identifier: Apache-2.0
#pragma once

// Processes that listen on TCP ports of 127.0.0.0/8 until they are let go, as something to look at.

#include <vector>

#include <sys/types.h>

namespace portwatch::bench {

/// Ends the program with a message when the machine does not allow so many.
class ListeningProcesses {
 public:
  /// `listeners` in all, shared out evenly; each process has at least one.
  ListeningProcesses(int listeners, int processes);
  ListeningProcesses(const ListeningProcesses&) = delete;
  ListeningProcesses& operator=(const ListeningProcesses&) = delete;
  ~ListeningProcesses();

 private:
  std::vector<pid_t> pids_;
};

}  // namespace portwatch::bench
