// SPDX-License-Identifier: Apache-2.0
#include "common/json/reader.h"

#include <limits>

#include <gtest/gtest.h>

#include "common/net/endpoint.h"

namespace portwatch::json {
namespace {

/// The message of what fails when `read_fields` reads the text.
template <class Read>
std::string failure_of(const char* text, Read read_fields) {
  const Json json = Json::parse(text);
  Failure failure;
  read_fields(Reader(json, failure));
  const auto result = std::move(failure).result(0);
  return result ? "none" : result.error().message;
}

TEST(Reader, NamesTheFieldThatIsMissing) {
  EXPECT_EQ(failure_of(R"({"a":{}})", [](const Reader& at) { (void)at.field("a").get<int>("b"); }),
            "/a/b is missing");
}

TEST(Reader, NamesTheFieldOfAWrongType) {
  EXPECT_EQ(failure_of(R"({"a":"x"})", [](const Reader& at) { (void)at.get<int>("a"); }),
            "/a must be a whole number in range");
  EXPECT_EQ(failure_of(R"({"a":1})", [](const Reader& at) { (void)at.get<std::string>("a"); }),
            "/a must be a string");
  EXPECT_EQ(failure_of(R"({"a":1})", [](const Reader& at) { (void)at.get<bool>("a"); }),
            "/a must be true or false");
  EXPECT_EQ(failure_of(R"({"a":1})", [](const Reader& at) { (void)at.field("a").get<int>("b"); }),
            "/a must be an object");
  EXPECT_EQ(failure_of(R"([])", [](const Reader& at) { (void)at.get<int>("b"); }),
            "the JSON value must be an object");
  EXPECT_EQ(failure_of(R"({"a":null})", [](const Reader& at) { (void)at.get<int>("a"); }),
            "/a must be a whole number in range");
}

TEST(Reader, NamesTheElementOfAList) {
  EXPECT_EQ(failure_of(R"({"a":[1,2,"x"]})", [](const Reader& at) { (void)at.list<int>("a"); }),
            "/a/2 must be a whole number in range");
  EXPECT_EQ(failure_of(R"({"a":{}})", [](const Reader& at) { (void)at.list<int>("a"); }),
            "/a must be an array");
}

TEST(Reader, EscapesPointersAsRfc6901Says) {
  EXPECT_EQ(failure_of("{}", [](const Reader& at) { (void)at.get<int>("a/b~c"); }), "/a~1b~0c is missing");
}

TEST(Reader, TellsTheFirstFailureAlone) {
  EXPECT_EQ(failure_of("{}",
                       [](const Reader& at) {
                         (void)at.get<int>("first");
                         (void)at.get<int>("second");
                       }),
            "/first is missing");
}

template <class T>
bool fits(const char* text) {
  return failure_of(text, [](const Reader& at) { (void)at.as<T>(); }) == "none";
}

TEST(Reader, TakesNumbersThatFitAlone) {
  EXPECT_TRUE(fits<std::uint16_t>("65535"));
  EXPECT_FALSE(fits<std::uint16_t>("65536"));
  EXPECT_FALSE(fits<std::uint16_t>("-1"));
  EXPECT_FALSE(fits<std::uint16_t>("1.0"));
  EXPECT_FALSE(fits<std::uint16_t>("true"));
  EXPECT_TRUE(fits<std::int64_t>("-9223372036854775808"));
  EXPECT_FALSE(fits<std::int64_t>("9223372036854775808"));
  EXPECT_TRUE(fits<std::uint64_t>("18446744073709551615"));
  EXPECT_FALSE(fits<std::uint64_t>("18446744073709551616"));
  EXPECT_FALSE(fits<std::int32_t>("2147483648"));
}

TEST(Reader, ListsWhatAnEnumMayBe) {
  EXPECT_EQ(failure_of(R"("sctp")", [](const Reader& at) { (void)at.as<net::Protocol>(); }),
            "the JSON value must be one of tcp, udp");
}

TEST(Reader, TakesMissingAndNullAsNotKnown) {
  const Json json = Json::parse(R"({"a":null,"b":2})");
  Failure failure;
  const Reader at(json, failure);
  EXPECT_EQ(at.optional<int>("a"), std::nullopt);
  EXPECT_EQ(at.optional<int>("c"), std::nullopt);
  EXPECT_EQ(at.optional<int>("b"), 2);
  EXPECT_EQ(at.get_or("a", 7), 7);
  EXPECT_EQ(at.get_or("b", 7), 2);
  EXPECT_TRUE(at.list_or_empty<int>("a").empty());
  EXPECT_FALSE(at.has("a"));
  EXPECT_TRUE(at.has("b"));
  EXPECT_FALSE(failure.is_set());
}

}  // namespace
}  // namespace portwatch::json
