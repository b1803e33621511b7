// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/framer.h"

namespace portwatch::protocol {

void LineFramer::feed(std::string_view bytes) {
  buffer_.erase(0, start_);
  searched_ -= start_;
  start_ = 0;
  buffer_ += bytes;
}

std::optional<Frame> LineFramer::next() {
  while (start_ < buffer_.size()) {
    const std::size_t newline = buffer_.find('\n', searched_);
    const bool is_whole = newline != std::string::npos;
    const std::size_t end = is_whole ? newline : buffer_.size();
    const std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
    const bool was_discarding = is_discarding_;
    const bool is_too_long = line.size() > max_line_;
    if (is_whole || is_too_long || was_discarding) {
      start_ = is_whole ? end + 1 : end;
      is_discarding_ = !is_whole;
    }
    searched_ = is_whole ? end + 1 : end;
    if (was_discarding) continue;
    if (is_too_long) return Frame{.is_too_long = true};
    if (!is_whole) break;
    if (!line.empty()) return Frame{.line = line};
  }
  return std::nullopt;
}

}  // namespace portwatch::protocol
