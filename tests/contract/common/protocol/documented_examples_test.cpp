// SPDX-License-Identifier: Apache-2.0
// PROTOCOL.md tells the truth about the messages: each example is what the codec reads and writes, and no
// method is without one.
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "common/protocol/messages.h"
#include "tests/support/protocol_examples.h"

namespace portwatch::protocol {
namespace {

using Json = nlohmann::json;

/// Decodes as T, and what T is encoded to has the same fields again: none is left undocumented, none is
/// documented in vain.
template <class T>
void expect_decodes(const Json& json, bool is_whole) {
  const auto value = decode<T>(json);
  ASSERT_TRUE(value) << value.error().message;
  const Json again = encode(*value);
  if (is_whole) {
    EXPECT_EQ(test::difference(json, again), std::nullopt);
    EXPECT_EQ(json, again);
  } else {
    for (const auto& [name, field] : json.items()) EXPECT_EQ(again.value(name, Json()), field) << name;
  }
}

template <std::size_t... I>
void expect_params(Method method, const Json& json, std::index_sequence<I...>) {
  ((static_cast<Method>(I) == method
        ? expect_decodes<typename MessageTypes<static_cast<Method>(I)>::Params>(json, false)
        : void()),
   ...);
}
template <std::size_t... I>
void expect_result(Method method, const Json& json, std::index_sequence<I...>) {
  ((static_cast<Method>(I) == method
        ? expect_decodes<typename MessageTypes<static_cast<Method>(I)>::Result>(json, true)
        : void()),
   ...);
}
constexpr auto kAllMethods = std::make_index_sequence<kMethods.size()>{};

std::vector<test::Exchange> documented() {
  auto exchanges = test::read_protocol_examples();
  EXPECT_TRUE(exchanges) << exchanges.error().message;
  return exchanges.value_or(std::vector<test::Exchange>{});
}

void expect_notification(const Notification& notification) {
  if (notification.method == kEventNotification)
    expect_decodes<EventMessage>(*notification.params, true);
  else if (notification.method == kSubscriptionDroppedNotification)
    expect_decodes<SubscriptionDroppedMessage>(*notification.params, true);
  else
    ADD_FAILURE() << "no such notification: " << notification.method;
}

TEST(DocumentedExamples, AreValidMessagesOfEveryMethod) {
  std::set<std::string> methods;
  for (const test::Exchange& exchange : documented()) {
    SCOPED_TRACE("PROTOCOL.md, line " + std::to_string(exchange.line));
    ASSERT_FALSE(exchange.replies.empty());
    const auto request = decode_request(exchange.request);
    const auto method = request ? find_method(request->method) : std::nullopt;
    for (const std::string& line : exchange.replies) {
      const auto reply = decode_reply(line);
      ASSERT_TRUE(reply) << reply.error().message;
      if (const auto* notification = std::get_if<Notification>(&*reply)) {
        expect_notification(*notification);
        continue;
      }
      const auto& response = std::get<Response>(*reply);
      if (response.error() != nullptr) continue;
      ASSERT_TRUE(method) << exchange.request;
      EXPECT_EQ(response.id, request->id);
      expect_params(*method, *request->params, kAllMethods);
      expect_result(*method, **response.result(), kAllMethods);
      methods.insert(request->method);
    }
  }
  for (const MethodInfo& method : kMethods)
    EXPECT_TRUE(methods.contains(std::string(method.name))) << method.name;
}

/// What the codec alone refuses: no JSON, no request, no such method, parameters that do not fit.
std::optional<Response> refusal_of(const std::string& line) {
  const auto request = decode_request(line);
  if (!request) return request.error();
  const auto method = find_method(request->method);
  if (!method) return failure(request->id.value_or(Id{}), unknown_method(request->method));
  if (method != Method::kListenersList) return std::nullopt;
  const auto params = decode<ListenersListParams>(*request->params);
  if (params) return std::nullopt;
  return failure(request->id.value_or(Id{}), invalid_params(params.error()));
}

TEST(DocumentedExamples, ShowErrorsAsTheyAreSent) {
  std::size_t errors = 0;
  for (const test::Exchange& exchange : documented()) {
    if (exchange.replies.empty() || !Json::parse(exchange.replies.back()).contains("error")) continue;
    SCOPED_TRACE("PROTOCOL.md, line " + std::to_string(exchange.line));
    const auto refusal = refusal_of(exchange.request);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(Json::parse(encode(*refusal)), Json::parse(exchange.replies.back()));
    ++errors;
  }
  EXPECT_GE(errors, 3U);
}

TEST(DocumentedExamples, BeginWithHelloAsASessionMust) {
  const auto exchanges = documented();
  ASSERT_FALSE(exchanges.empty());
  const auto request = decode_request(exchanges.front().request);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, name_of(Method::kHello));
}

TEST(DocumentedExamples, CanBeFilledInForAMachine) {
  const test::Placeholders here{.port = "40001", .alert = "7", .cursor = "0000000000000000.5"};
  std::string all;
  for (const test::Exchange& exchange : documented()) all += test::fill_in(exchange, here) + "\n";
  EXPECT_EQ(all.find("62893"), std::string::npos);
  EXPECT_EQ(all.find("fedcba9876543210"), std::string::npos);
  EXPECT_EQ(all.find(R"({"id": 21})"), std::string::npos);
  EXPECT_NE(all.find(R"({"id": 7})"), std::string::npos);
  EXPECT_NE(all.find("40001"), std::string::npos);
}

// The reader of examples, held to its own promises.

TEST(ExampleReader, JoinsLinesAndPutsInWhatAnEllipsisStandsFor) {
  const auto exchanges = test::parse_protocol_examples(
      "text → not an example\n"
      "```json\n→ {\"id\": 1,\n    \"method\": \"a\"}\n← {\"dogs\": [{\"legs\": 4}]}\n```\n"
      "```json\n← {\"dog\": \"…\", \"dogs\": [\"…\"]}\n```\n"
      "```sh\n→ no\n```\n");
  ASSERT_TRUE(exchanges) << exchanges.error().message;
  ASSERT_EQ(exchanges->size(), 2U);
  EXPECT_EQ((*exchanges)[0].line, 3U);
  EXPECT_EQ((*exchanges)[0].request, R"({"id": 1, "method": "a"})");
  EXPECT_EQ((*exchanges)[1].request, "");
  ASSERT_EQ((*exchanges)[1].replies.size(), 1U);
  EXPECT_EQ(Json::parse((*exchanges)[1].replies[0]),
            Json::parse(R"({"dog": {"legs": 4}, "dogs": [{"legs": 4}]})"));
}

TEST(ExampleReader, NamesTheLineOfWhatItCannotRead) {
  for (const auto* markdown : {"\n```json\n→ a\n← {\n```", "\n```json\n→ a\n← {\"cat\": \"…\"}\n```"}) {
    const auto exchanges = test::parse_protocol_examples(markdown);
    ASSERT_FALSE(exchanges);
    EXPECT_NE(exchanges.error().message.find("line 4"), std::string::npos) << exchanges.error().message;
  }
}

TEST(ExampleMatcher, SeesOtherFieldsTypesAndPinnedValues) {
  const Json example = Json::parse(R"({"id": 1, "result": {"a": [{"x": 1}], "n": null, "s": "text"}})");
  const auto differs = [&example](const char* actual) {
    return test::difference(example, Json::parse(actual)).has_value();
  };
  EXPECT_FALSE(differs(R"({"id": 1, "result": {"a": [{"x": 9}, {"x": 2}], "n": 3, "s": "other"}})"));
  EXPECT_FALSE(differs(R"({"id": 1, "result": {"a": [], "n": null, "s": null}})"));
  EXPECT_TRUE(differs(R"({"id": 2, "result": {"a": [], "n": null, "s": "text"}})"));
  EXPECT_TRUE(differs(R"({"id": 1, "result": {"a": [], "n": null}})"));
  EXPECT_TRUE(differs(R"({"id": 1, "result": {"a": [], "n": null, "s": "text", "t": 1}})"));
  EXPECT_TRUE(differs(R"({"id": 1, "result": {"a": [{"x": 9}, {"y": 2}], "n": null, "s": "text"}})"));
  EXPECT_TRUE(differs(R"({"id": 1, "result": {"a": [{"x": 9}, 2], "n": null, "s": "text"}})"));
  EXPECT_TRUE(differs(R"({"id": 1, "result": {"a": [], "n": null, "s": 5}})"));
}

}  // namespace
}  // namespace portwatch::protocol
