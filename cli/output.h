// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where text goes. A reader that has gone (| head) is a normal end, anything else that fails is an error.

#include <string>
#include <string_view>

namespace portwatch::cli {

class Output {
 public:
  enum class State { kGood, kReaderGone, kFailed };

  virtual ~Output() = default;

  /// Writes all of it at once, so that lines of two programs on one terminal do not mix; after a failure it
  /// writes nothing.
  virtual void print(std::string_view text) = 0;
  /// Looks whether the reader is still there, also when nothing was printed for long.
  [[nodiscard]] virtual State state() = 0;
  /// What the system said when state() is kFailed.
  [[nodiscard]] virtual std::string problem() const = 0;
};

/// Writes to a descriptor that somebody else owns, without a buffer.
class DescriptorOutput final : public Output {
 public:
  explicit DescriptorOutput(int fd) : fd_(fd) {}
  void print(std::string_view text) override;
  [[nodiscard]] State state() override;
  [[nodiscard]] std::string problem() const override;

 private:
  int fd_;
  int problem_ = 0;  ///< errno, or on Windows what GetLastError() gave
};

}  // namespace portwatch::cli
