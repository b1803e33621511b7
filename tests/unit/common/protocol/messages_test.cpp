// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/messages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/builders.h"

namespace portwatch::protocol {
namespace {

using Json = nlohmann::json;

template <class T>
std::string error_of(const char* text) {
  const auto decoded = decode<T>(Json::parse(text));
  return decoded ? "none" : decoded.error().message;
}

TEST(Messages, HaveParametersThatMayBeLeftOut) {
  EXPECT_EQ(*decode<ListenersListParams>(Json::object()), ListenersListParams{});
  EXPECT_EQ(*decode<EventsListParams>(Json::object()), EventsListParams{});
  EXPECT_EQ(*decode<EventsSubscribeParams>(Json::object()), EventsSubscribeParams{});
  EXPECT_TRUE(decode<Nothing>(Json::parse(R"({"unknown": 1})")));
}

TEST(Messages, RefuseParametersThatDoNotFit) {
  EXPECT_EQ(error_of<HelloParams>(R"({"client": "x"})"), "/protocols is missing");
  EXPECT_EQ(error_of<ListenersListParams>(R"({"limit": 1001})"), "/limit must be 1 to 1000");
  EXPECT_EQ(error_of<ListenersListParams>(R"({"verdict": "fine"})"),
            "/verdict must be one of known, allowed, unknown, reserved, ignored");
  EXPECT_EQ(error_of<EventsListParams>(R"({"limit": 0})"), "/limit must be 1 to 1000");
  EXPECT_EQ(error_of<EventsListParams>(R"({"after": 42})"), "/after must be a string");
  EXPECT_EQ(error_of<EventsSubscribeParams>(R"({"after": "42"})"),
            "/after must be a cursor that portwatchd gave");
  EXPECT_EQ(error_of<AlertParams>(R"({"id": "21"})"), "/id must be a whole number in range");
  EXPECT_EQ(error_of<Nothing>("[]"), "the JSON value must be an object");
  EXPECT_EQ(error_of<EventsListParams>("3"), "the JSON value must be an object");
}

TEST(Messages, CarryTheCursorOfEventsAsOneOpaqueText) {
  const auto params =
      decode<EventsListParams>(Json::parse(R"({"after": "fedcba9876543210.42", "newest_first": true})"));
  ASSERT_TRUE(params);
  EXPECT_EQ(params->after, (Cursor{.epoch = "fedcba9876543210", .seq = {42}}));
  EXPECT_EQ(params->query.after, std::nullopt);
  EXPECT_TRUE(params->query.newest_first);
  EXPECT_EQ(encode(*params)["after"], "fedcba9876543210.42");
}

TEST(Messages, MakeRequestsThatDecode) {
  const Request request = make_request<Method::kAlertsApprove>(Id{std::int64_t{3}}, {.id = {21}});
  const auto received = decode_request(encode(request));
  ASSERT_TRUE(received);
  EXPECT_EQ(received->method, "alerts.approve");
  EXPECT_EQ(decode<AlertParams>(*received->params), (AlertParams{.id = {21}}));
}

}  // namespace
}  // namespace portwatch::protocol
