// SPDX-License-Identifier: Apache-2.0
// Clients that send too much, too deep, too slowly or nonsense, or never read. Each is bounded, told why, and
// hurts nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/protocol/framer.h"
#include "tests/unit/daemon/server/server_harness_posix.h"

namespace portwatch::server {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::string_view kStatus = R"({"jsonrpc":"2.0","id":1,"method":"status"})";

/// Sends all of it, as fast as the server takes it.
void pour(ServerHarness& harness, RawClient& client, std::string_view bytes) {
  ASSERT_TRUE(harness.loop.run_until([&] {
    bytes.remove_prefix(client.send_some(bytes));
    return bytes.empty();
  }));
}

TEST(HostileClient, WithALineOfAMegabyteIsToldOnceAndServedOn) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  pour(harness, client, std::string(1U << 20U, 'x') + "\n");
  EXPECT_EQ(harness.next(client).at("error").at("code"), -32600);
  EXPECT_TRUE(harness.ask(client, kStatus).contains("result"));
}

TEST(HostileClient, WithTheLongestLineThatIsAllowedIsAnswered) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  const std::string longest =
      std::string(kStatus) + std::string(protocol::kMaxRequestBytes - kStatus.size(), ' ');
  pour(harness, client, longest + "\n");
  EXPECT_TRUE(harness.next(client).contains("result"));
  pour(harness, client, longest + " \n");
  EXPECT_TRUE(harness.next(client).contains("error"));
}

TEST(HostileClient, WithALineWithoutEndIsClosedInTime) {
  ServerHarness harness([](Options& options) { options.request_timeout = milliseconds{100}; });
  RawClient client = harness.greeted();
  const std::string piece(1U << 14U, 'x');
  ASSERT_TRUE(harness.loop.run_until([&] {
    client.send_some(piece);
    return client.is_closed();
  }));
  EXPECT_EQ(harness.server->sessions(), 0U);
}

TEST(HostileClient, WithHalfARequestIsClosedAlsoWhenItDripsOn) {
  ServerHarness harness([](Options& options) { options.request_timeout = milliseconds{100}; });
  RawClient client = harness.greeted();
  client.send("{\"jsonrpc\":");
  std::vector<json> lines;
  ASSERT_TRUE(harness.loop.run_until([&] {
    client.send_some(" ");
    for (json& line : client.take()) lines.push_back(std::move(line));
    return client.is_closed();
  }));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().at("error").at("code"), -32005);
}

TEST(HostileClient, ThatSaysNothingIsClosedButAQuietFollowerIsNot) {
  ServerHarness harness([](Options& options) { options.request_timeout = milliseconds{100}; });
  RawClient follower = harness.greeted();
  harness.ask(follower, R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe"})");
  RawClient silent = harness.connect();
  RawClient babbling = harness.connect();
  ASSERT_TRUE(harness.loop.run_until([&] {
    babbling.send_some("nonsense\n");
    return silent.is_closed() && babbling.is_closed();
  }));
  EXPECT_FALSE(follower.is_closed());
  harness.publish();
  EXPECT_EQ(harness.next(follower).at("method"), "event");
}

TEST(HostileClient, WithNonsenseIsToldWhatIsWrong) {
  struct Row {
    const char* name;
    std::string line;
    int code;
  };
  ServerHarness harness;
  RawClient client = harness.greeted();
  for (const Row& row : {
           Row{"no JSON", "nonsense", -32700},
           Row{"deep nesting", std::string(10'000, '['), -32700},
           Row{"deep parameters",
               R"({"jsonrpc":"2.0","id":1,"method":"status","params":{"a":)" + std::string(40, '[') +
                   std::string(40, ']') + "}}",
               -32700},
           Row{"broken UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}", -32700},
           Row{"a batch", R"([{"jsonrpc":"2.0","id":1,"method":"status"}])", -32600},
           Row{"no version", R"({"id":1,"method":"status"})", -32600},
           Row{"a large id",
               R"({"jsonrpc":"2.0","id":")" + std::string(1000, 'i') + R"(","method":"status"})", -32600},
           Row{"parameters by position", R"({"jsonrpc":"2.0","id":1,"method":"status","params":[1]})",
               -32602},
           Row{"an unknown method", R"({"jsonrpc":"2.0","id":1,"method":"shutdown"})", -32601},
       })
    EXPECT_EQ(harness.ask(client, row.line).at("error").at("code"), row.code) << row.name;
  EXPECT_TRUE(harness.ask(client, kStatus).contains("result"));
}

TEST(HostileClient, GetsNoAnswerToANotification) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  client.send("{\"jsonrpc\":\"2.0\",\"method\":\"status\"}\n\n\n");
  EXPECT_EQ(harness.ask(client, R"({"jsonrpc":"2.0","id":"only","method":"status"})").at("id"), "only");
}

TEST(HostileClient, ThatSendsFasterThanIsAnsweredWaitsAndIsAnsweredInOrder) {
  ServerHarness harness;
  harness.queries.is_immediate = false;
  RawClient client = harness.greeted();
  constexpr int kRequests = 500;
  std::string requests;
  for (int i = 1; i <= kRequests; ++i)
    requests += R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"method":"events.list"})" + "\n";
  std::string_view rest = requests;
  ASSERT_TRUE(harness.loop.run_until([&] {
    rest.remove_prefix(client.send_some(rest));
    return !harness.queries.event_queries.empty();
  }));
  harness.loop.settle();
  EXPECT_EQ(harness.queries.event_queries.size(), 1U) << "one question at a time";
  int answered = 0;
  ASSERT_TRUE(harness.loop.run_until([&] {
    rest.remove_prefix(client.send_some(rest));
    harness.queries.answer_all();
    for (const json& line : client.take()) EXPECT_EQ(line.at("id"), ++answered);
    return answered == kRequests;
  }));
}

TEST(HostileClient, WithAThousandRequestsDoesNotKeepAnotherWaiting) {
  ServerHarness harness;
  RawClient polite = harness.greeted();
  RawClient greedy = harness.greeted();
  const std::string requests = [] {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += std::string(kStatus) + "\n";
    return lines;
  }();
  pour(harness, greedy, requests);
  std::size_t taken = greedy.take().size();
  polite.send(std::string(kStatus) + "\n");
  ASSERT_TRUE(harness.loop.run_until([&] {
    taken += greedy.take().size();
    return !polite.take().empty();
  }));
  EXPECT_LT(taken, 900U) << "the other's question did not wait for all of them";
}

TEST(HostileClient, ThatNeverReadsIsNotAskedForMoreThanItTakes) {
  ServerHarness harness;
  model::Process large = test::make_process(7);
  large.argv = {std::string(60'000, 'x')};
  model::Listener listener = test::make_listener("127.0.0.1:2000/tcp");
  listener.owners = {test::share(large)};
  for (int i = 0; i < 5; ++i) harness.queries.commit(model::EventKind::kOpened, listener);
  // One answer is more than a socket's buffer and what may wait together.
  RawClient client = harness.greeted();
  for (int i = 0; i < 3; ++i) client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n");
  ASSERT_TRUE(harness.loop.run_until([&] { return !harness.queries.event_queries.empty(); }));
  harness.loop.settle();
  EXPECT_LE(harness.queries.event_queries.size(), 2U) << "the next request waits until the client has read";
  EXPECT_EQ(harness.next(client, 3).size(), 3U);
}

TEST(HostileClient, ThatFloodsAndNeverReadsIsReadNoMoreAndClosedInTime) {
  ServerHarness harness([](Options& options) { options.output_timeout = milliseconds{100}; });
  RawClient client = harness.greeted();
  const std::string flood = [] {
    std::string lines;
    while (lines.size() < 32U << 10U) lines += "x\n";
    return lines;
  }();
  std::size_t sent = 0;
  ASSERT_TRUE(harness.loop.run_until([&] {
    sent += client.send_some(flood);
    return harness.server->sessions() == 0;
  }));
  EXPECT_LT(sent, 2U << 20U) << "what the socket holds, and not much more";
  EXPECT_TRUE(harness.is_closed_soon(client));
}

TEST(HostileClient, ThatTakesNothingForTooLongIsDroppedAndCanResume) {
  ServerHarness harness([](Options& options) { options.output_timeout = milliseconds{100}; });
  model::Process large = test::make_process(7);
  large.argv = {std::string(40'000, 'x')};
  model::Listener listener = test::make_listener("127.0.0.1:1200/tcp");
  listener.owners = {test::share(large)};
  for (int i = 0; i < 12; ++i) harness.queries.commit(model::EventKind::kOpened, listener);
  harness.view.current.store.last_seq = {12};

  RawClient slow = harness.greeted();
  slow.send(R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":"fedcba9876543210.0"}})"
            "\n");
  ASSERT_TRUE(harness.loop.run_until([&] { return harness.server->sessions() == 0; }));
  EXPECT_TRUE(harness.is_closed_soon(slow));
  const std::vector<json> got = slow.take();
  ASSERT_GE(got.size(), 2U);
  EXPECT_LT(got.size(), 13U);
  const std::string cursor = got.back().at("params").at("cursor");

  RawClient resumed = harness.greeted();
  resumed.send(R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":")" + cursor +
               "\"}}\n");
  const std::size_t left = 12 - (got.size() - 1);
  const std::vector<json> rest = harness.next(resumed, 1 + left);
  EXPECT_EQ(rest[1].at("params").at("event").at("seq").get<std::size_t>(), got.size());
  EXPECT_EQ(rest.back().at("params").at("event").at("seq"), 12);
}

TEST(HostileClient, CannotTakeAllPlaces) {
  ServerHarness harness([](Options& options) { options.max_sessions_per_user = 3; });
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(harness.greeted());
  RawClient fourth = harness.connect();
  fourth.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}\n");
  EXPECT_EQ(harness.next(fourth).at("error").at("code"), -32008);
  EXPECT_TRUE(harness.is_closed_soon(fourth));
  clients.pop_back();
  ASSERT_TRUE(harness.loop.run_until([&] { return harness.server->sessions() == 2; }));
  const RawClient welcome = harness.greeted();
}

TEST(HostileClient, CannotExceedTheBoundOfAllSessions) {
  ServerHarness harness([](Options& options) { options.max_sessions = 2; });
  RawClient first = harness.greeted();
  RawClient second = harness.greeted();
  RawClient third = harness.connect();
  EXPECT_EQ(harness.next(third).at("error").at("code"), -32008);
}

TEST(HostileClient, ThatIsRefusedCannotKeepItsConnection) {
  ServerHarness harness([](Options& options) {
    options.max_sessions = 1;
    options.farewell = milliseconds{50};
  });
  const RawClient only = harness.greeted();
  std::vector<RawClient> refused;
  for (int i = 0; i < 40; ++i) refused.push_back(harness.connect());
  ASSERT_TRUE(harness.loop.run_until(
      [&] { return std::ranges::all_of(refused, [](RawClient& client) { return client.is_closed(); }); }));
  EXPECT_EQ(harness.server->sessions(), 1U);
}

TEST(HostileClient, DoesNotDisturbTheOthers) {
  ServerHarness harness;
  RawClient good = harness.greeted();
  harness.ask(good, R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe"})");
  RawClient bad = harness.greeted();
  pour(harness, bad, std::string(1U << 18U, '{'));
  harness.publish();
  EXPECT_EQ(harness.next(good).at("method"), "event");
}

}  // namespace
}  // namespace portwatch::server
