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

/// `text` with the first `name` replaced.
Json with(const Json& json, const std::string& name, const std::string& other) {
  std::string text = json.dump();
  const auto at = text.find("\"" + name + "\"");
  EXPECT_NE(at, std::string::npos) << name;
  return Json::parse(text.replace(at + 1, name.size(), other));
}

TEST(Messages, OfANewerDaemonAreReadWithTheMostCarefulOfNames) {
  const Json result =
      encode(AlertResult{.alert = test::make_alert(21, test::make_listener("127.0.0.1:80/tcp"))});
  for (const char* name : {"open", "medium", "now", "unknown_listener", "unknown", "explicit", "module"}) {
    const auto read = decode<AlertResult>(with(result, name, "of_tomorrow"));
    EXPECT_TRUE(read) << name << ": " << read.error().message;
  }
  EXPECT_EQ(decode<AlertResult>(with(result, "medium", "fatal"))->alert.severity, model::Severity::kHigh);
  EXPECT_EQ(decode<AlertResult>(with(result, "unknown_listener", "x"))->alert.reasons.front().code,
            model::ReasonCode::kOther);
  EXPECT_FALSE(decode<AlertResult>(with(result, "tcp", "sctp"))) << "a closed set";
  EXPECT_EQ(decode<HelloResult>(with(encode(HelloResult{.role = Role::kAdmin}), "admin", "operator"))->role,
            Role::kViewer);
}

TEST(Messages, LeaveOutEventsOfAnUnknownKindAndCountThem) {
  const Cursor cursor{.epoch = "fedcba9876543210", .seq = {2}};
  const EventsListResult original{.events = {test::make_event(model::EventKind::kOpened, 1),
                                             test::make_event(model::EventKind::kClosed, 2)},
                                  .next = cursor};
  const auto page = decode<EventsListResult>(with(encode(original), "opened", "port_stolen"));
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events.front(), original.events.back());
  EXPECT_EQ(page->unknown, 1U);
  EXPECT_EQ(page->next, cursor);

  const auto told = decode<EventMessage>(with(
      encode(EventMessage{.event = original.events.front(), .cursor = cursor}), "opened", "port_stolen"));
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->event, std::nullopt);
  EXPECT_EQ(told->cursor, cursor) << "to go on behind it";
}

TEST(Messages, OfAClientAreRefusedWithAnUnknownName) {
  EXPECT_NE(error_of<EventsListParams>(R"({"kinds": ["port_stolen"]})"), "none");
  EXPECT_NE(error_of<EventsSubscribeParams>(R"({"kinds": ["port_stolen"]})"), "none");
  EXPECT_NE(error_of<ListenersListParams>(R"({"verdict": "of_tomorrow"})"), "none");
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
