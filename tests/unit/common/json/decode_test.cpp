// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "tests/support/builders.h"

namespace portwatch::json {
namespace {

/// What decoding a listener says after `change` was made to its JSON.
template <class Change>
std::string listener_error(Change change) {
  Json json = encode(test::make_listener());
  change(json);
  const auto decoded = decode<model::Listener>(json);
  return decoded ? "none" : decoded.error().message;
}

TEST(DecodeListener, IgnoresUnknownFields) {
  EXPECT_EQ(listener_error([](Json& json) { json["new_in_version_9"] = Json::array({1}); }), "none");
}

TEST(DecodeListener, NamesWhatDoesNotFit) {
  EXPECT_EQ(listener_error([](Json& json) { json.erase("port"); }), "/port is missing");
  EXPECT_EQ(listener_error([](Json& json) { json["port"] = 70000; }),
            "/port must be a whole number in range");
  EXPECT_EQ(listener_error([](Json& json) { json["address"] = "here"; }),
            "/address must be an IPv4 or IPv6 address");
  EXPECT_EQ(listener_error([](Json& json) { json["owners"][0].erase("pid"); }), "/owners/0/pid is missing");
  EXPECT_EQ(listener_error([](Json& json) { json["owners"][0]["command"][1] = 5; }),
            "/owners/0/command/1 must be a string");
  EXPECT_EQ(listener_error([](Json& json) { json["key"]["socket"]["kind"] = "fd"; }),
            "/key/socket/kind must be one of cookie, inode");
  EXPECT_EQ(listener_error([](Json& json) { json["opened_at"] = "yesterday"; }),
            "/opened_at must be a time as RFC 3339 writes it, like 2026-11-21T12:33:11.381204Z");
}

TEST(DecodeListener, CallsDamageCorrupt) {
  const auto decoded = decode<model::Listener>(Json::array());
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, base::ErrorCode::kCorrupt);
}

TEST(DecodeAlert, NeedsAListener) {
  Json json = encode(test::make_alert());
  json["listener"] = nullptr;
  const auto decoded = decode<model::Alert>(json);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message, "/listener must be an object");
}

TEST(DecodeEvent, ReadsTheDetailOfItsKind) {
  Json json = encode(test::make_event(model::EventKind::kGap));
  json["detail"].erase("reason");
  EXPECT_EQ(decode<model::Event>(json).error().message, "/detail/reason is missing");
  json["kind"] = "opened";
  EXPECT_TRUE(decode<model::Event>(json));
}

TEST(DecodeQueries, TakeWhatAPersonWrites) {
  const auto events = decode<model::EventQuery>(Json::parse(R"({"port": 3000, "kinds": ["opened"]})"));
  ASSERT_TRUE(events);
  EXPECT_EQ(events->port, (net::PortQuery{.port = {3000}}));
  EXPECT_EQ(events->limit, model::kMaxPage);
  EXPECT_EQ(events->kinds, std::vector{model::EventKind::kOpened});
  EXPECT_EQ(*decode<model::EventQuery>(Json::object()), model::EventQuery{});
  EXPECT_EQ(*decode<model::AlertQuery>(Json::object()), model::AlertQuery{});
  EXPECT_EQ(decode<model::PastQuery>(Json::parse(R"({"at":"2026-11-21T08:00:00Z","port":"udp/53"})"))->port,
            (net::PortQuery{.port = {53}, .protocol = net::Protocol::kUdp}));
}

TEST(DecodeQueries, RefuseWhatCannotBeAsked) {
  const auto error_of = [](const char* text) {
    return decode<model::EventQuery>(Json::parse(text)).error().message;
  };
  EXPECT_EQ(error_of(R"({"limit": 0})"), "/limit must be 1 to 1000");
  EXPECT_EQ(error_of(R"({"limit": 1001})"), "/limit must be 1 to 1000");
  EXPECT_EQ(error_of(R"({"limit": -1})"), "/limit must be a whole number in range");
  EXPECT_EQ(error_of(R"({"port": 70000})"), "/port must be a whole number in range");
  EXPECT_TRUE(error_of(R"({"port": "0"})").starts_with("/port \"0\" is not a port"))
      << error_of(R"({"port": "0"})");
  EXPECT_TRUE(error_of(R"({"kinds": ["opened", "born"]})").starts_with("/kinds/1 must be one of started"));
  EXPECT_EQ(decode<model::PastQuery>(Json::object()).error().message, "/at is missing");
}

}  // namespace
}  // namespace portwatch::json
