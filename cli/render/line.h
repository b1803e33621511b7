// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way of text to a terminal. Whatever is added to a Line is made safe by base::escape_for_terminal(),
// so no caller can forget it; colour is put around it afterwards.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/view.h"

namespace portwatch::cli {

enum class Style {
  kPlain,
  kStrong,  ///< what the eye should find first
  kFaint,   ///< what it may pass over
  kGood,
  kNotice,  ///< wants a look
  kAlarm,   ///< wants it now
};

class Line {
 public:
  Line() = default;
  explicit Line(std::string_view text, Style style = Style::kPlain) { add(text, style); }

  Line& add(std::string_view text, Style style = Style::kPlain);
  Line& add(const Line& other);
  /// Spaces up to `column`, at least none.
  Line& pad_to(std::size_t column);

  [[nodiscard]] bool empty() const { return segments_.empty(); }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::string text() const;

  /// The line cut to at most `columns` columns, with "…" as the last one when something was cut.
  [[nodiscard]] Line cut(std::size_t columns) const;
  /// The same for an address, whose port is what stays: first the network behind it ("@web") is cut, then its
  /// beginning.
  [[nodiscard]] Line cut_place(std::size_t columns) const;
  /// Lines of at most `columns` columns (at least 1), broken at spaces, and within a word that is longer than
  /// a line.
  [[nodiscard]] std::vector<Line> wrap(std::size_t columns) const;

  /// With colours if the view has them, without a newline, not cut.
  [[nodiscard]] std::string painted(const View& view) const;
  /// Cut to the view's width, painted, with a newline.
  [[nodiscard]] std::string render(const View& view) const;

 private:
  struct Segment {
    std::string text;
    Style style;
  };
  void append(std::string safe, Style style);

  std::vector<Segment> segments_;
  std::size_t width_ = 0;
};

}  // namespace portwatch::cli
