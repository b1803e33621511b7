// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/rpc.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/protocol/framer.h"

namespace portwatch::protocol {
namespace {

using Json = nlohmann::json;

/// The code that a line is refused with.
RpcCode code_of(std::string_view line) {
  const auto request = decode_request(line);
  EXPECT_FALSE(request) << line;
  return request ? RpcCode{} : request.error().error()->code;
}

TEST(Request, IsReadWithItsParameters) {
  const auto request =
      decode_request(R"({"jsonrpc":"2.0","id":7,"method":"status","params":{"a":1},"extra":[]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, Id{std::int64_t{7}});
  EXPECT_EQ(request->method, "status");
  EXPECT_EQ(*request->params, Json::parse(R"({"a":1})"));
}

TEST(Request, HasAnEmptyObjectWhenThereAreNoParameters) {
  const auto request = decode_request(R"({"jsonrpc":"2.0","id":"x","method":"status"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, Id{std::string("x")});
  EXPECT_EQ(*request->params, Json::object());
}

TEST(Request, WithoutAnIdIsANotification) {
  const auto request = decode_request(R"({"jsonrpc":"2.0","method":"status"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, std::nullopt);
  EXPECT_EQ(decode_request(R"({"jsonrpc":"2.0","id":null,"method":"status"})")->id, Id{});
}

TEST(Request, IsRefusedByTheRulesOfJsonRpc) {
  EXPECT_EQ(code_of("what?"), RpcCode::kParseError);
  EXPECT_EQ(code_of(std::string(200, '[')), RpcCode::kParseError);
  EXPECT_EQ(code_of(R"([{"jsonrpc":"2.0","id":1,"method":"status"}])"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of("3"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"id":1,"method":"status"})"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"jsonrpc":2.0,"id":1,"method":"status"})"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1})"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":5})"), RpcCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"status","params":[1]})"), RpcCode::kInvalidParams);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"status","params":null})"), RpcCode::kInvalidParams);
}

TEST(Request, IsRefusedForAnIdThatCouldNotBeSentBack) {
  for (const auto* id : {"1.5", "true", "{}", "[1]", "18446744073709551615"})
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":"status","id":)" + std::string(id) + "}"),
              RpcCode::kInvalidRequest)
        << id;
  const auto with_id_of = [](std::size_t size) {
    return R"({"jsonrpc":"2.0","method":"status","id":")" + std::string(size, 'x') + "\"}";
  };
  EXPECT_TRUE(decode_request(with_id_of(kMaxIdBytes)));
  EXPECT_EQ(code_of(with_id_of(kMaxIdBytes + 1)), RpcCode::kInvalidRequest);
}

TEST(Request, IsRefusedWithItsIdWhereThatIsKnown) {
  EXPECT_EQ(decode_request(R"({"jsonrpc":"2.0","id":7})").error().id, Id{std::int64_t{7}});
  EXPECT_EQ(decode_request("{").error().id, Id{});
}

TEST(Message, IsOneLineWithItsNewline) {
  EXPECT_EQ(
      encode(Request{.id = Id{std::int64_t{1}}, .method = "status", .params = make_json(Json::object())}),
      "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"status\",\"params\":{}}\n");
  EXPECT_EQ(encode(success(Id{std::string("a\nb")}, {{"x", "1\n2"}})),
            "{\"id\":\"a\\nb\",\"jsonrpc\":\"2.0\",\"result\":{\"x\":\"1\\n2\"}}\n");
  EXPECT_EQ(encode(Notification{.method = "event", .params = make_json({{"x", 1}})}),
            "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"x\":1}}\n");
  EXPECT_EQ(
      encode(failure(Id{},
                     {.code = RpcCode::kNotFound, .message = "no alert 5", .suggestion = "try alerts.list"})),
      "{\"error\":{\"code\":-32001,\"data\":{\"suggestion\":\"try alerts.list\"},\"message\":\"no alert 5\"},"
      "\"id\":null,\"jsonrpc\":\"2.0\"}\n");
}

TEST(Reply, IsReadAsResponseOrNotification) {
  const auto result = decode_reply(R"({"jsonrpc":"2.0","id":1,"result":null})");
  ASSERT_TRUE(result);
  EXPECT_EQ(**std::get<Response>(*result).result(), Json(nullptr));
  const auto error = decode_reply(
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":{"suggestion":"did you mean x?"}}})");
  ASSERT_TRUE(error);
  EXPECT_EQ(*std::get<Response>(*error).error(),
            (RpcError{.code = RpcCode::kMethodNotFound, .message = "no", .suggestion = "did you mean x?"}));
  const auto event = decode_reply(R"({"jsonrpc":"2.0","method":"event"})");
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<Notification>(*event).method, "event");
}

TEST(Reply, OfALaterVersionWithAnUnknownCodeIsStillAnError) {
  const auto reply = decode_reply(R"({"jsonrpc":"2.0","id":1,"error":{"code":-31999,"message":"new"}})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<Response>(*reply).error()->code, RpcCode::kInternalError);
  EXPECT_EQ(std::get<Response>(*reply).error()->message, "new");
}

TEST(Reply, IsCorruptWhenItIsNone) {
  for (const auto* line :
       {"", "x", "[]", "{}", R"({"jsonrpc":"2.0"})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"x"}})",
        R"({"jsonrpc":"2.0","result":1})", R"({"jsonrpc":"2.0","id":1,"error":{"code":"x"}})",
        R"({"jsonrpc":"2.0","id":1,"error":"bad"})", R"({"jsonrpc":"2.0","method":"e","params":[]})"}) {
    const auto reply = decode_reply(line);
    ASSERT_FALSE(reply) << line;
    EXPECT_EQ(reply.error().code, base::ErrorCode::kCorrupt);
  }
}

TEST(Errors, KeepTheirMeaningAcrossTheWire) {
  for (const auto code :
       {base::ErrorCode::kInvalidArgument, base::ErrorCode::kNotFound, base::ErrorCode::kPermissionDenied,
        base::ErrorCode::kUnsupported, base::ErrorCode::kUnavailable, base::ErrorCode::kTimeout,
        base::ErrorCode::kCorrupt, base::ErrorCode::kConflict, base::ErrorCode::kResourceExhausted,
        base::ErrorCode::kInternal}) {
    const base::Error error{code, "it failed"};
    EXPECT_EQ(from_rpc(to_rpc(error)), error) << base::to_string(code);
  }
}

TEST(Errors, OfTheProtocolHaveTheCodeThatFitsForAClient) {
  EXPECT_EQ(from_rpc({.code = RpcCode::kMethodNotFound}).code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(from_rpc({.code = RpcCode::kHistoryReplaced}).code, base::ErrorCode::kConflict);
  EXPECT_EQ(from_rpc({.code = RpcCode::kParseError}).code, base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(from_rpc({.code = RpcCode::kNotFound, .message = "no", .suggestion = "try x"}).message,
            "no; try x");
}

TEST(UnknownMethod, SuggestsTheNearest) {
  EXPECT_EQ(unknown_method("listener.list").suggestion, "did you mean listeners.list?");
  EXPECT_EQ(unknown_method("statsu").suggestion, "did you mean status?");
  EXPECT_EQ(unknown_method("reboot").suggestion, std::nullopt);
  EXPECT_EQ(unknown_method("").code, RpcCode::kMethodNotFound);
}

TEST(UnknownMethod, ShowsHostileNamesSafelyAndShort) {
  const std::string message = unknown_method("\x1b[2J" + std::string(60000, 'x')).message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_LT(message.size(), 200U);
}

TEST(InvalidParams, SaysWhereInTheParameters) {
  const RpcError error = invalid_params({base::ErrorCode::kCorrupt, "/limit must be 1 to 1000"});
  EXPECT_EQ(error.code, RpcCode::kInvalidParams);
  EXPECT_EQ(error.message, "params: /limit must be 1 to 1000");
}

}  // namespace
}  // namespace portwatch::protocol
