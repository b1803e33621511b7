// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads bytes as UTF-8, one code point at a time, whatever the bytes are.

#include <cstddef>
#include <string>
#include <string_view>

namespace portwatch::base {

inline constexpr char32_t kReplacementCharacter = U'\uFFFD';

/// One step through bytes: a well-formed code point, or an ill-formed sequence that stands for one U+FFFD.
struct CodePoint {
  char32_t value = kReplacementCharacter;
  std::size_t size = 0;  ///< bytes taken, at least 1
  bool is_valid = false;
};

/// The code point at the start of `bytes`, which must not be empty. Of an ill-formed sequence the maximal
/// subpart is taken (RFC 3629; Unicode 15, 3.9, "U+FFFD Substitution of Maximal Subparts").
[[nodiscard]] CodePoint first_code_point(std::string_view bytes);

/// How many bytes in front are printable ASCII: one column each, and the same in every encoding here.
[[nodiscard]] std::size_t plain_text_size(std::string_view bytes);

void append_utf8(std::string& text, char32_t code_point);

/// What a terminal acts on, or shows nothing for: Cc, Zl, Zp, the bidirectional controls,
/// Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 15), the interlinear annotation marks,
/// and every blank but the space (Zs, and the Braille pattern without dots).
[[nodiscard]] bool is_invisible(char32_t code_point);

}  // namespace portwatch::base
