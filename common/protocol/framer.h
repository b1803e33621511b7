// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes a stream of bytes apart into lines. Passive: it reads nothing itself, and what it gives depends only
// on the bytes, never on how they were cut on the way. Its memory is bounded by the longest line and what is
// fed at once.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace portwatch::protocol {

/// The longest request a client may send, without its newline.
inline constexpr std::size_t kMaxRequestBytes = 64U << 10U;
/// The longest answer or notification the daemon sends, without its newline.
inline constexpr std::size_t kMaxResponseBytes = 16U << 20U;

struct Frame {
  std::string_view line;  ///< without its newline, never empty; valid until the framer is used again
  bool is_too_long =
      false;  ///< a line longer than the maximum was thrown away; said once for each; `line` is empty
};

class LineFramer {
 public:
  explicit LineFramer(std::size_t max_line) : max_line_(max_line) {}

  void feed(std::string_view bytes);

  /// The next line, or nothing until more is fed. Empty lines are skipped.
  [[nodiscard]] std::optional<Frame> next();

  /// Whether a line was begun whose end has not come. To be asked once next() gave nothing.
  [[nodiscard]] bool has_begun() const { return start_ < buffer_.size() || is_discarding_; }

 private:
  std::string buffer_;
  std::size_t start_ = 0;     ///< of what has not been given yet
  std::size_t searched_ = 0;  ///< no newline lies between start_ and here
  std::size_t max_line_;
  bool is_discarding_ = false;  ///< inside a line that is too long, which was said
};

}  // namespace portwatch::protocol
