// SPDX-License-Identifier: Apache-2.0
#include "cli/render/line.h"

#include <algorithm>

#include "common/base/text.h"

namespace portwatch::cli {
namespace {

/// Select Graphic Rendition parameters (ECMA-48 8.3.117); the 16 colours follow the person's own theme.
std::string_view sgr_of(Style style) {
  switch (style) {
    case Style::kPlain: return "";
    case Style::kStrong: return "1";
    case Style::kFaint: return "2";
    case Style::kGood: return "32";
    case Style::kNotice: return "1;33";
    case Style::kAlarm: return "1;31";
  }
  return "";
}

/// Length in bytes of the first code point of valid UTF-8.
std::size_t first_code_point(std::string_view utf8) {
  std::size_t length = 1;
  while (length < utf8.size() && (static_cast<unsigned char>(utf8[length]) & 0xC0U) == 0x80U) ++length;
  return length;
}

/// How many bytes of the text fit into `columns`; at least one code point, so that work goes on.
std::size_t fitting_bytes(std::string_view utf8, std::size_t columns) {
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes < utf8.size()) {
    const std::size_t length = first_code_point(utf8.substr(bytes));
    used += base::display_width(utf8.substr(bytes, length));
    if (used > columns && bytes > 0) break;
    bytes += length;
  }
  return bytes;
}

/// The text in words, each with the spaces behind it.
std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::size_t end = text.find(' ');
    end =
        end == std::string_view::npos ? text.size() : std::min(text.find_first_not_of(' ', end), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string_view without_spaces_behind(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

void Line::append(std::string safe, Style style) {
  if (safe.empty()) return;
  width_ += base::display_width(safe);
  if (!segments_.empty() && segments_.back().style == style)
    segments_.back().text += safe;
  else
    segments_.push_back({std::move(safe), style});
}

Line& Line::add(std::string_view text, Style style) {
  append(base::escape_for_terminal(text), style);
  return *this;
}

Line& Line::add(const Line& other) {
  for (const Segment& segment : std::vector(other.segments_)) append(segment.text, segment.style);
  return *this;
}

Line& Line::pad_to(std::size_t column) {
  if (column > width_) append(std::string(column - width_, ' '), Style::kPlain);
  return *this;
}

std::string Line::text() const {
  std::string text;
  for (const Segment& segment : segments_) text += segment.text;
  return text;
}

Line Line::cut(std::size_t columns) const {
  if (width_ <= columns) return *this;
  Line shorter;
  for (const Segment& segment : segments_) {
    const std::size_t left = columns - shorter.width_;
    // What follows does not fit, so this segment has to leave room for the mark even when it fits itself.
    if (base::display_width(segment.text) < left) {
      shorter.append(segment.text, segment.style);
      continue;
    }
    shorter.append(base::truncate_to_width(segment.text + "\u2026\u2026", left), segment.style);
    break;
  }
  return shorter;
}

Line Line::cut_place(std::size_t columns) const {
  if (width_ <= columns || columns == 0) return cut(columns);
  const std::string whole = text();
  if (const std::size_t end = whole.find('@'); end != std::string::npos) {
    const Line endpoint(std::string_view(whole).substr(0, end), segments_.front().style);
    constexpr std::size_t kMark = 2;  // "@…"
    return endpoint.width() + kMark <= columns ? cut(columns) : endpoint.cut_place(columns);
  }
  std::size_t superfluous = width_ - (columns - 1);
  Line shorter;
  for (const Segment& segment : segments_) {
    std::string_view text = segment.text;
    while (!text.empty() && superfluous > 0) {
      const std::size_t bytes = first_code_point(text);
      superfluous -= std::min(superfluous, base::display_width(text.substr(0, bytes)));
      text.remove_prefix(bytes);
    }
    if (text.empty()) continue;
    if (shorter.empty()) shorter.append("\u2026", segment.style);
    shorter.append(std::string(text), segment.style);
  }
  return shorter;
}

std::vector<Line> Line::wrap(std::size_t columns) const {
  std::vector<Line> lines(1);
  for (const Segment& segment : segments_) {
    for (std::string_view word : split_words(segment.text)) {
      if (lines.back().width_ > 0 &&
          lines.back().width_ + base::display_width(without_spaces_behind(word)) > columns)
        lines.emplace_back();
      while (base::display_width(without_spaces_behind(word)) > columns) {
        const std::size_t bytes = fitting_bytes(word, columns);
        lines.back().append(std::string(word.substr(0, bytes)), segment.style);
        word.remove_prefix(bytes);
        lines.emplace_back();
      }
      lines.back().append(std::string(word), segment.style);
    }
  }
  for (Line& line : lines) {
    while (!line.segments_.empty() && line.segments_.back().text.ends_with(' ')) {
      line.segments_.back().text.pop_back();
      --line.width_;
      if (line.segments_.back().text.empty()) line.segments_.pop_back();
    }
  }
  return lines;
}

std::string Line::painted(const View& view) const {
  std::string painted;
  for (const Segment& segment : segments_) {
    const std::string_view sgr = view.has_color ? sgr_of(segment.style) : std::string_view();
    if (!sgr.empty()) painted.append("\x1b[").append(sgr).append("m");
    painted += segment.text;
    if (!sgr.empty()) painted += "\x1b[0m";
  }
  return painted;
}

std::string Line::render(const View& view) const {
  return (view.columns ? cut(*view.columns) : *this).painted(view) + "\n";
}

}  // namespace portwatch::cli
