// SPDX-License-Identifier: Apache-2.0
#pragma once

// A process that a test starts, talks with and ends. It never outlives the test: it is killed when this
// object goes, and by the kernel should the test itself die.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/platform/descriptor.h"
#include "tests/support/wait.h"

namespace portwatch::test {

struct ChildOptions {
  std::vector<std::pair<std::string, std::string>>
      environment;                      ///< added to ours; an empty value takes one away
  std::optional<unsigned> uid;          ///< user and group to run as, without further groups
  std::filesystem::path directory;      ///< to start in; empty: ours
  std::optional<unsigned> descriptors;  ///< how many it may have open (RLIMIT_NOFILE)
};

class ChildProcess {
 public:
  /// argv[0] is a path, or is looked up in PATH. Aborts when it cannot be started.
  explicit ChildProcess(std::vector<std::string> argv, const ChildOptions& options = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  void signal(int number) const;
  void write(std::string_view text);
  void close_stdin() { in_.reset(); }

  /// All that it has written so far.
  [[nodiscard]] const std::string& out();
  [[nodiscard]] const std::string& err();

  /// Its exit code, or 128 + the number of the signal that ended it; nothing when it still runs after the
  /// deadline.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience = kPatience);
  [[nodiscard]] bool is_running();

 private:
  int pid_ = -1;
  std::optional<int> exit_code_;
  platform::Descriptor in_, out_, err_;
  std::string out_text_, err_text_;
};

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// What a program may take that does its work and ends.
inline constexpr std::chrono::seconds kPatienceWithPrograms{80};

/// Runs it to its end; what takes longer than that is killed (exit code 137).
[[nodiscard]] Outcome run_child(std::vector<std::string> argv, const ChildOptions& options = {});

}  // namespace portwatch::test
