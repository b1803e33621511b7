// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text from other processes is bytes: it may be invalid UTF-8, or aim escape sequences at a terminal. The raw
// bytes are what we store and compare; these functions are for the two ways out, JSON and a terminal.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portwatch::base {

/// Bytes as valid UTF-8 (RFC 3629): each ill-formed sequence becomes one U+FFFD, as the Unicode standard
/// recommends (maximal subparts). Well-formed text comes back unchanged.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

/// Text that is safe to print on a terminal or in a log line: valid UTF-8, with control characters (C0, DEL,
/// C1), line and paragraph separators, bidirectional controls, zero-width and other invisible format
/// characters, blanks other than the space, combining marks on nothing or beyond four on one letter, and bad
/// bytes written visibly as \n, \t, \x1b, \u202e. A backslash stays as it is. The result is one line.
[[nodiscard]] std::string escape_for_terminal(std::string_view bytes);

/// A name that somebody else chose, as a word in a text of ours: in single quotes, as a shell takes it, where
/// it could be taken for more than a name, because it is empty, begins or ends with a space, has two in a row
/// as columns have, or holds a quote or a parenthesis.
[[nodiscard]] std::string as_name(std::string_view text);

/// How many terminal columns valid UTF-8 text takes (East Asian wide and emoji: 2, combining: 0). Escape
/// sequences count as text: measure before colouring.
[[nodiscard]] std::size_t display_width(std::string_view utf8);

/// Cuts valid UTF-8 to at most `columns` columns, with "…" as the last one when something was cut.
[[nodiscard]] std::string truncate_to_width(std::string_view utf8, std::size_t columns);

/// A whole decimal number, without sign, space or anything behind it.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);

/// What stands behind the last slash of a path; the whole when there is none.
[[nodiscard]] std::string_view file_name(std::string_view path);

/// The candidate nearest to `word` by edit distance (Damerau-Levenshtein), if it is near enough for "did you
/// mean".
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      const std::vector<std::string_view>& candidates);

}  // namespace portwatch::base
