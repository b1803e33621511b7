// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::base {
namespace {

using testing::ElementsAre;

TEST(EscapeForTerminal, WritesControlsVisibly) {
  EXPECT_EQ(escape_for_terminal("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escape_for_terminal("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
  EXPECT_EQ(escape_for_terminal(std::string_view("\0", 1)), "\\x00");
}

TEST(EscapeForTerminal, WritesWhatHidesOrReordersTextVisibly) {
  EXPECT_EQ(escape_for_terminal("a\u202eb\u200bc\u0085d\u2028e\ufefff"),
            "a\\u202eb\\u200bc\\u0085d\\u2028e\\ufefff");
  EXPECT_EQ(escape_for_terminal("\U000E0041"), "\\U000e0041");
}

TEST(EscapeForTerminal, WritesBadBytesVisibly) {
  EXPECT_EQ(escape_for_terminal("a\xff\xe4\xb8z"), "a\\xff\\xe4\\xb8z");
  // 0x9b alone is the one-byte CSI of an eight-bit terminal.
  EXPECT_EQ(escape_for_terminal("\x9b"
                                "31m"),
            "\\x9b31m");
}

TEST(EscapeForTerminal, LeavesOrdinaryTextAlone) {
  for (const auto* text : {"", "python3 -m http.server", "C:\\dir", "naïve 中文 😀 e\u0301"})
    EXPECT_EQ(escape_for_terminal(text), text);
}

TEST(EscapeForTerminal, WritesBlanksThatCouldPassForColumnsVisibly) {
  EXPECT_EQ(escape_for_terminal("a\u00a0\u2003\u2800\u3000b"), "a\\u00a0\\u2003\\u2800\\u3000b");
}

TEST(EscapeForTerminal, StacksFewMarksAndNoneOnNothing) {
  EXPECT_EQ(escape_for_terminal("\u0301a"), "\\u0301a");
  EXPECT_EQ(escape_for_terminal("\n\u0301"), "\\n\\u0301") << "it would stand on our own letter";
  EXPECT_EQ(escape_for_terminal("e\u0301\u0302\u0303\u0304\u0305\u0306x\u0301"),
            "e\u0301\u0302\u0303\u0304\\u0305\\u0306x\u0301");
}

TEST(AsName, QuotesWhatCouldBeTakenForMoreThanAName) {
  for (const char* plain : {"nginx", "My App", "known", "127.0.0.1:22/tcp", "--help", "x\x1b[31m"})
    EXPECT_EQ(as_name(plain), plain);
  EXPECT_EQ(as_name(""), "''");
  EXPECT_EQ(as_name("(kernel)"), "'(kernel)'");
  EXPECT_EQ(as_name("x (container)"), "'x (container)'");
  EXPECT_EQ(as_name(" 127.0.0.1:22/tcp"), "' 127.0.0.1:22/tcp'");
  EXPECT_EQ(as_name("evil  1  root"), "'evil  1  root'");
  EXPECT_EQ(as_name("it's"), "'it'\\''s'");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("中文"), 4U);
  EXPECT_EQ(display_width("가"), 2U);
  EXPECT_EQ(display_width("ｆ"), 2U);
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("┌─…"), 3U);
  EXPECT_EQ(display_width("\u200b"), 0U);
}

TEST(TruncateToWidth, KeepsWhatFits) {
  EXPECT_EQ(truncate_to_width("abc", 3), "abc");
  EXPECT_EQ(truncate_to_width("", 0), "");
}

TEST(TruncateToWidth, EndsInAnEllipsisWithinTheColumns) {
  EXPECT_EQ(truncate_to_width("abcd", 3), "ab…");
  EXPECT_EQ(truncate_to_width("中文字", 4), "中…");
  EXPECT_EQ(truncate_to_width("中文字", 5), "中文…");
  EXPECT_EQ(truncate_to_width("abcd", 1), "…");
  EXPECT_EQ(truncate_to_width("abcd", 0), "");
}

TEST(TruncateToWidth, KeepsCombiningMarksWithTheirLetter) {
  EXPECT_EQ(truncate_to_width("e\u0301e\u0301e\u0301", 2), "e\u0301…");
}

TEST(ParseU64, ReadsWholeNumbersOnly) {
  EXPECT_EQ(parse_u64("0"), 0U);
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615U);
  for (const auto* text : {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "1.0", "0x1", "a"})
    EXPECT_EQ(parse_u64(text), std::nullopt) << text;
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(FileName, IsWhatStandsBehindTheLastSlash) {
  EXPECT_EQ(file_name("/usr/bin/node"), "node");
  EXPECT_EQ(file_name("node"), "node");
  EXPECT_EQ(file_name("/srv/"), "");
  EXPECT_EQ(file_name(""), "");
}

TEST(Trim, TakesSpaceFromBothEnds) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> words{"status", "list", "show", "history", "watch", "alerts"};
  EXPECT_EQ(nearest("staus", words), "status");
  EXPECT_EQ(nearest("lits", words), "list");
  EXPECT_EQ(nearest("alert", words), "alerts");
  EXPECT_EQ(nearest("hsitroy", words), "history");
}

TEST(Nearest, FindsNothingWhenNoneIsNear) {
  const std::vector<std::string_view> words{"status", "list", "show"};
  for (const auto* word : {"", "zzz", "configure", "x"})
    EXPECT_EQ(nearest(word, words), std::nullopt) << word;
  EXPECT_EQ(nearest(std::string(100000, 's'), words), std::nullopt);
  EXPECT_EQ(nearest("list", {}), std::nullopt);
}

}  // namespace
}  // namespace portwatch::base
