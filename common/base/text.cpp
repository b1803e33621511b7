// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace portwatch::base {
namespace {

void append_escaped(std::string& text, char32_t code_point) {
  const auto number = static_cast<std::uint32_t>(code_point);
  switch (code_point) {
    case U'\n': text += "\\n"; return;
    case U'\t': text += "\\t"; return;
    case U'\r': text += "\\r"; return;
    default: break;
  }
  if (number < 0x80)
    fmt::format_to(std::back_inserter(text), "\\x{:02x}", number);
  else if (number < 0x10000)
    fmt::format_to(std::back_inserter(text), "\\u{:04x}", number);
  else
    fmt::format_to(std::back_inserter(text), "\\U{:08x}", number);
}

/// Moves the plain text in front of `bytes` over to `text`: nearly all of what there is. Whether more is
/// left.
bool append_plain_text(std::string& text, std::string_view& bytes) {
  const std::size_t plain = plain_text_size(bytes);
  text += bytes.substr(0, plain);
  bytes.remove_prefix(plain);
  return !bytes.empty();
}

/// Languages stack a few marks on one letter; a thousand of them run over the lines above and below.
constexpr std::size_t kMaxMarks = 4;

/// Words longer than this are no typing mistakes, and the table below grows with their product.
constexpr std::size_t kLongestWord = 64;

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count 1 each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string to_valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (append_plain_text(text, bytes)) {
    const CodePoint next = first_code_point(bytes);
    if (next.is_valid)
      text += bytes.substr(0, next.size);
    else
      append_utf8(text, kReplacementCharacter);
    bytes.remove_prefix(next.size);
  }
  return text;
}

std::string escape_for_terminal(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  std::size_t room_for_marks = 0;  // there is nothing that they could stand on
  for (;;) {
    const std::size_t before = text.size();
    if (!append_plain_text(text, bytes)) return text;
    if (text.size() > before) room_for_marks = kMaxMarks;
    const CodePoint next = first_code_point(bytes);
    const bool is_shown = next.is_valid && !is_invisible(next.value);
    const bool is_mark = is_shown && next.value >= 0x300 && display_width(bytes.substr(0, next.size)) == 0;
    if (is_mark && room_for_marks == 0) {
      append_escaped(text, next.value);
      bytes.remove_prefix(next.size);
      continue;
    }
    room_for_marks = !is_shown ? 0 : is_mark ? room_for_marks - 1 : kMaxMarks;
    if (!next.is_valid) {
      for (const char byte : bytes.substr(0, next.size))
        fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(byte));
    } else if (is_invisible(next.value)) {
      append_escaped(text, next.value);
    } else {
      text += bytes.substr(0, next.size);
    }
    bytes.remove_prefix(next.size);
  }
}

std::string as_name(std::string_view text) {
  const bool is_unmistakable = !text.empty() && !text.starts_with(' ') && !text.ends_with(' ') &&
                               text.find("  ") == std::string_view::npos &&
                               text.find_first_of("'()") == std::string_view::npos;
  if (is_unmistakable) return std::string(text);
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'')
      quoted += "'\\''";
    else
      quoted += letter;
  }
  return quoted + "'";
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, start)) {
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  // One mistake in three letters is a slip; more is another word.
  std::size_t best_distance = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace portwatch::base
