// SPDX-License-Identifier: Apache-2.0
// Text in and out: bounded, one line, harmless.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/json/codec.h"

namespace portwatch::json {
namespace {

std::string error_of(std::string_view text, std::size_t max_depth = 32) {
  const auto parsed = parse(text, max_depth);
  return parsed ? "none" : parsed.error().message;
}

TEST(Parse, ReadsOneValue) {
  const auto parsed = parse(R"( {"a": [1, "x"]} )");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["a"][1], "x");
}

TEST(Parse, RefusesWhatIsNoJsonAndSaysWhere) {
  EXPECT_EQ(error_of("{\"a\":}"), "not valid JSON at byte 6");
  for (const auto* text :
       {"", "{", "nul", "{} {}", "[1,]", "{'a':1}", "// x\n1", "\"\xff\"", "\"a\nb\"", "01", "NaN"})
    EXPECT_NE(error_of(text).find("not valid JSON"), std::string::npos) << text;
  EXPECT_NE(error_of("1e999").find("out of range"), std::string::npos);
}

TEST(Parse, RefusesWhatStandsBehindANul) {
  EXPECT_EQ(error_of(std::string_view("{}\0", 3)), "not valid JSON at byte 3");
  EXPECT_EQ(error_of(std::string_view("{}\0{\"a\":1}", 10)), "not valid JSON at byte 3");
  EXPECT_EQ(error_of(std::string_view("\0{}", 3)), "not valid JSON at byte 1");
}

TEST(Parse, RefusesDeepNestingBeforeTheParserSeesIt) {
  EXPECT_EQ(error_of("[[[1]]]", 3), "none");
  EXPECT_EQ(error_of("[[[[1]]]]", 3), "JSON is nested deeper than 3 levels");
  EXPECT_EQ(error_of(R"({"a":[{"b":[]}]})", 3), "JSON is nested deeper than 3 levels");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), "JSON is nested deeper than 32 levels");
}

TEST(Parse, RefusesMoreValuesThanFitIntoMemoryBeforeTheParserSeesThem) {
  const auto array_of = [](std::size_t count) {
    std::string text = "[0";
    for (std::size_t i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(error_of(array_of(kMaxValues - 1)), "none");
  EXPECT_EQ(error_of(array_of(kMaxValues + 1)), "JSON has more than 1000000 values");
  EXPECT_EQ(error_of("[\"" + std::string(kMaxValues + 1, ',') + "\"]"), "none") << "text is one value";
}

TEST(Parse, CountsNoBracketsInsideStrings) {
  EXPECT_EQ(error_of(R"(["[[[[", "\"[[[[", "\\"])", 1), "none");
  EXPECT_EQ(error_of(R"(["\\", [[1]]])", 2), "JSON is nested deeper than 2 levels");
}

TEST(Parse, KeepsWholeNumbersWhole) {
  EXPECT_EQ(parse("18446744073709551615")->get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_EQ(parse("-9223372036854775808")->get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
}

TEST(Dump, IsOneLine) {
  EXPECT_EQ(dump(Json{{"a", "x\ny\r\n"}}), R"({"a":"x\ny\r\n"})");
}

TEST(Dump, EscapesWhatATerminalWouldActOn) {
  const Json json = "\x1b[2J\x7f\u009b31m\u202eabc\u2028\U000E0041";
  const std::string line = dump(json);
  EXPECT_EQ(line, R"("\u001b[2J\u007f\u009b31m\u202eabc\u2028\udb40\udc41")");
  EXPECT_EQ(parse(line), json);
}

TEST(Dump, LeavesOrdinaryTextReadable) {
  EXPECT_EQ(dump(Json("naïve 中文 😀")), "\"naïve 中文 😀\"");
}

TEST(Dump, NeverThrowsOnBadBytes) {
  EXPECT_EQ(dump(Json("a\xff"
                      "b\xe4\xb8")),
            "\"a\uFFFDb\uFFFD\"");
}

}  // namespace
}  // namespace portwatch::json
