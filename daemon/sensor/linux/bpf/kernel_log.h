// SPDX-License-Identifier: Apache-2.0
#pragma once

// What libbpf says while it loads. Its log is one for the whole process: this keeps the lines of our own
// calls, and drops all others instead of writing them to stderr.

#include <string>

namespace portwatch::sensor::bpf {

/// While it lives, libbpf's warnings of this thread are kept. Thread: the one that made it; one at a time.
class KernelLog {
 public:
  KernelLog();
  ~KernelLog();
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;

  /// The program that could not be loaded, as far as the log names one; else empty.
  [[nodiscard]] std::string failed_program() const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static constexpr std::size_t kMaxText = 64 * 1024;

  friend void keep_line(std::string_view line);

  std::string text_;
};

}  // namespace portwatch::sensor::bpf
