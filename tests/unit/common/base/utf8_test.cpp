// SPDX-License-Identifier: Apache-2.0
#include "common/base/utf8.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace portwatch::base {
namespace {

TEST(Utf8, ReadsEveryCodePointThatItWrites) {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; code_point += code_point < 0x3000 ? 1 : 251) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code_point);
    const CodePoint read = first_code_point(text + "x");
    ASSERT_TRUE(read.is_valid) << static_cast<unsigned>(code_point);
    ASSERT_EQ(read.value, code_point);
    ASSERT_EQ(read.size, text.size());
  }
}

TEST(Utf8, KeepsWellFormedText) {
  for (const auto* text : {"", "plain", "é ß 中 😀", "\x7f\xc2\x80", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf"})
    EXPECT_EQ(to_valid_utf8(text), text);
  EXPECT_EQ(to_valid_utf8(std::string_view("\0a", 2)), std::string_view("\0a", 2));
}

// The Unicode standard, 3.9, tables 3-8 to 3-11: one U+FFFD for each maximal subpart.
TEST(Utf8, ReplacesEachMaximalSubpartOnce) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(to_valid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(to_valid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
}

TEST(Utf8, ReplacesASequenceThatEndsTooEarlyOnce) {
  for (const auto* cut : {"\xC3", "\xE4\xB8", "\xF0\x9F\x98"}) EXPECT_EQ(to_valid_utf8(cut), "\uFFFD");
}

TEST(Utf8, TellsWhatATerminalActsOnOrDoesNotShow) {
  for (const char32_t c :
       {U'\0', U'\x1b', U'\x7f', U'\u009b', U'\u00ad', U'\u200b', U'\u200f', U'\u2028', U'\u202e', U'\u2066',
        U'\ufeff', U'\ufe0f', U'\U000E0041', U'\u00a0', U'\u2003', U'\u2800', U'\u3000'})
    EXPECT_TRUE(is_invisible(c)) << static_cast<unsigned>(c);
  for (const char32_t c : {U' ', U'~', U'é', U'\u0301', U'中', U'\u2010', U'\ufffd', U'\U0001F600'})
    EXPECT_FALSE(is_invisible(c)) << static_cast<unsigned>(c);
}

TEST(Utf8, FindsWherePlainTextEnds) {
  EXPECT_EQ(plain_text_size(""), 0U);
  EXPECT_EQ(plain_text_size("a ~"), 3U);
  for (const std::string_view other : {"\x1f", "\x7f", "\x80", "\xff", "\n", "\u00e9"})
    EXPECT_EQ(plain_text_size("ab" + std::string(other) + "c"), 2U) << other;
}

}  // namespace
}  // namespace portwatch::base
