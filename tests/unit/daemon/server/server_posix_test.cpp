// SPDX-License-Identifier: Apache-2.0
// What well-behaved clients get, over a real socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/unit/daemon/server/server_harness_posix.h"

namespace portwatch::server {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kEpoch = "fedcba9876543210";

std::vector<std::int64_t> seqs(const std::vector<json>& lines) {
  std::vector<std::int64_t> seqs;
  for (const json& line : lines) seqs.push_back(line.at("params").at("event").at("seq"));
  return seqs;
}

TEST(Server, AnswersHelloStatusAndLists) {
  ServerHarness harness;
  harness.view.now = {test::share(test::make_listener("127.0.0.1:62893/tcp"))};
  RawClient client = harness.connect();
  const json hello = harness.ask(
      client, R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"test","protocols":[1]}})");
  EXPECT_EQ(hello.at("id"), 1);
  EXPECT_EQ(hello.at("result").at("epoch"), kEpoch);
  const json status = harness.ask(client, R"({"jsonrpc":"2.0","id":"s","method":"status"})");
  EXPECT_EQ(status.at("id"), "s");
  EXPECT_EQ(status.at("result").at("version"), "0.1.0");
  EXPECT_EQ(harness.server->sessions(), 1U);
  const json listeners = harness.ask(client, R"({"jsonrpc":"2.0","id":2,"method":"listeners.list"})");
  EXPECT_EQ(listeners.at("result").at("listeners").at(0).at("port"), 62893);
  const json unknown = harness.ask(client, R"({"jsonrpc":"2.0","id":3,"method":"listeners.lst"})");
  EXPECT_EQ(unknown.at("error").at("code"), -32601);
  EXPECT_THAT(unknown.at("error").at("data").at("suggestion").get<std::string>(),
              HasSubstr("listeners.list"));
}

TEST(Server, AnswersWhileTheNameServiceHangs) {
  const auto hangs = std::make_shared<std::atomic<bool>>(true);
  ServerHarness harness([&](Options& options) {
    options.user_name = [hangs](base::Uid) -> std::optional<std::string> {
      while (*hangs) std::this_thread::yield();
      return "ana";
    };
  });
  constexpr std::string_view kHello =
      R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"test","protocols":[1]}})";
  RawClient early = harness.connect();
  EXPECT_EQ(harness.ask(early, kHello).at("result").at("user"), "#" + std::to_string(::geteuid()));
  EXPECT_TRUE(harness.ask(early, R"({"jsonrpc":"2.0","id":2,"method":"status"})").contains("result"));
  *hangs = false;
  EXPECT_TRUE(harness.loop.run_until([&] {
    RawClient late = harness.connect();
    return harness.ask(late, kHello).at("result").at("user") == "ana";
  }));
}

TEST(Server, WantsHelloFirstAndOnce) {
  ServerHarness harness;
  RawClient hasty = harness.connect();
  const json refused = harness.ask(hasty, R"({"jsonrpc":"2.0","id":1,"method":"status"})");
  EXPECT_EQ(refused.at("error").at("code"), -32009);
  EXPECT_TRUE(harness.is_closed_soon(hasty));

  RawClient client = harness.greeted();
  const json again = harness.ask(
      client, R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"test","protocols":[1]}})");
  EXPECT_EQ(again.at("error").at("code"), -32600);
}

TEST(Server, ClosesWhenNoVersionIsShared) {
  ServerHarness harness;
  RawClient client = harness.connect();
  const json refused = harness.ask(
      client, R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"later","protocols":[99]}})");
  EXPECT_EQ(refused.at("error").at("code"), -32003);
  EXPECT_TRUE(harness.is_closed_soon(client));
}

TEST(Server, AnswersInTheOrderOfTheRequests) {
  ServerHarness harness;
  harness.queries.is_immediate = false;
  RawClient client = harness.greeted();
  client.send(R"({"jsonrpc":"2.0","id":1,"method":"events.list"})"
              "\n"
              R"({"jsonrpc":"2.0","id":2,"method":"status"})"
              "\n");
  ASSERT_TRUE(harness.loop.run_until([&] { return harness.queries.waiting() == 1; }));
  harness.loop.settle();
  EXPECT_TRUE(client.take().empty());
  harness.queries.answer_all();
  const std::vector<json> answers = harness.next(client, 2);
  EXPECT_EQ(answers[0].at("id"), 1);
  EXPECT_EQ(answers[1].at("id"), 2);
}

TEST(Server, AnswersAClientThatSendsNoMoreAndThenCloses) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n");
  client.hang_up_sending();
  EXPECT_EQ(harness.next(client).at("id"), 1);
  EXPECT_TRUE(harness.is_closed_soon(client));
  EXPECT_EQ(harness.server->sessions(), 0U);
}

TEST(Server, ForgetsAnAnswerWhoseClientIsGone) {
  ServerHarness harness;
  harness.queries.is_immediate = false;
  {
    RawClient client = harness.greeted();
    client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n");
    ASSERT_TRUE(harness.loop.run_until([&] { return harness.queries.waiting() == 1; }));
  }
  harness.queries.answer_all();
  EXPECT_TRUE(harness.loop.run_until([&] { return harness.server->sessions() == 0; }));
}

TEST(Server, TellsSubscribersWhatIsCommitted) {
  ServerHarness harness;
  harness.publish();
  RawClient client = harness.greeted();
  const json subscribed = harness.ask(client, R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe"})");
  EXPECT_EQ(subscribed.at("result").at("cursor"), std::string(kEpoch) + ".1");
  harness.publish();
  harness.publish();
  const std::vector<json> told = harness.next(client, 2);
  EXPECT_THAT(seqs(told), ElementsAre(2, 3));
  EXPECT_EQ(told[1].at("method"), "event");
  EXPECT_EQ(told[1].at("params").at("cursor"), std::string(kEpoch) + ".3");

  const json twice = harness.ask(client, R"({"jsonrpc":"2.0","id":2,"method":"events.subscribe"})");
  EXPECT_EQ(twice.at("error").at("code"), -32007);
  EXPECT_TRUE(
      harness.ask(client, R"({"jsonrpc":"2.0","id":3,"method":"events.unsubscribe"})").contains("result"));
  harness.publish();
  harness.loop.settle();
  EXPECT_TRUE(client.take().empty());
}

TEST(Server, ResumesASubscriptionBehindItsCursor) {
  ServerHarness harness;
  for (int i = 0; i < 4; ++i) harness.publish();
  RawClient client = harness.greeted();
  client.send(
      R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":"fedcba9876543210.2"}})"
      "\n");
  const std::vector<json> lines = harness.next(client, 3);
  EXPECT_EQ(lines[0].at("id"), 1) << "the answer comes before the first event";
  EXPECT_EQ(lines[1].at("params").at("event").at("seq"), 3);
  EXPECT_EQ(lines[2].at("params").at("event").at("seq"), 4);
  harness.publish();
  EXPECT_EQ(harness.next(client).at("params").at("event").at("seq"), 5);
}

TEST(Server, RefusesCursorsThatAreNotOfThisLog) {
  ServerHarness harness;
  harness.publish();
  RawClient client = harness.greeted();
  const json other = harness.ask(
      client,
      R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":"0000000000000000.1"}})");
  EXPECT_EQ(other.at("error").at("code"), -32010);
  const json future = harness.ask(
      client,
      R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":"fedcba9876543210.2"}})");
  EXPECT_EQ(future.at("error").at("code"), -32602);
}

TEST(Server, TellsOnlyTheKindsThatWereAskedFor) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  harness.ask(client,
              R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"alerts_only":true}})");
  harness.publish(model::EventKind::kOpened);
  harness.publish(model::EventKind::kAlertRaised);
  EXPECT_EQ(harness.next(client).at("params").at("event").at("kind"), "alert_raised");

  RawClient contradicting = harness.greeted();
  const json refused = harness.ask(
      contradicting,
      R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"alerts_only":true,"kinds":["opened"]}})");
  EXPECT_EQ(refused.at("error").at("code"), -32602);
}

TEST(Server, EndsASubscriptionWhoseLogCannotBeRead) {
  ServerHarness harness;
  harness.publish();
  harness.queries.failure = base::Error{.code = base::ErrorCode::kUnavailable, .message = "the disk is gone"};
  RawClient client = harness.greeted();
  client.send(
      R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":"fedcba9876543210.0"}})"
      "\n");
  const std::vector<json> lines = harness.next(client, 2);
  EXPECT_EQ(lines[1].at("method"), "subscription.dropped");
  EXPECT_THAT(lines[1].at("params").at("reason").get<std::string>(), HasSubstr("the disk is gone"));
  EXPECT_TRUE(harness.is_closed_soon(client));
}

TEST(Server, AppliesAReloadedPolicy) {
  ServerHarness harness;
  RawClient client = harness.greeted();  // we run the server, so we are its administrator
  EXPECT_TRUE(harness.ask(client, R"({"jsonrpc":"2.0","id":1,"method":"alerts.approve","params":{"id":21}})")
                  .contains("result"));
  harness.server->set_policy(true, true);
  const json locked =
      harness.ask(client, R"({"jsonrpc":"2.0","id":2,"method":"alerts.approve","params":{"id":21}})");
  EXPECT_EQ(locked.at("error").at("code"), -32002);
  EXPECT_THAT(locked.at("error").at("message").get<std::string>(), HasSubstr("policy.locked"));
}

TEST(Server, FinishesWhatIsBeingAnsweredWhenItStops) {
  ServerHarness harness;
  harness.queries.is_immediate = false;
  RawClient asking = harness.greeted();
  RawClient following = harness.greeted();
  harness.ask(following, R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe"})");
  asking.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n");
  ASSERT_TRUE(harness.loop.run_until([&] { return harness.queries.waiting() == 1; }));

  bool is_stopped = false;
  harness.server->stop([&] { is_stopped = true; });
  EXPECT_FALSE(is_stopped) << "never from inside stop()";
  EXPECT_FALSE(fs::exists(harness.options.socket)) << "nobody new is let in";
  EXPECT_EQ(harness.next(following, 1).front().at("method"), "subscription.dropped");
  harness.queries.answer_all();
  const std::vector<json> last = harness.next(asking, 2);
  EXPECT_TRUE(last[0].contains("result"));
  EXPECT_THAT(last[1].at("error").at("message").get<std::string>(), HasSubstr("stopping"));
  EXPECT_TRUE(harness.is_closed_soon(asking));
  ASSERT_TRUE(harness.loop.run_until([&] { return is_stopped; }));
}

TEST(Server, StopsAlsoWhenAnAnswerNeverComes) {
  ServerHarness harness;
  harness.queries.is_immediate = false;
  RawClient client = harness.greeted();
  client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n");
  ASSERT_TRUE(harness.loop.run_until([&] { return harness.queries.waiting() == 1; }));
  bool is_stopped = false;
  harness.server->stop([&] {
    is_stopped = true;
    harness.server.reset();  // `done` may destroy the server
  });
  ASSERT_TRUE(harness.loop.run_until([&] { return is_stopped; }));
  harness.queries.answer_all();
}

TEST(Server, LeavesNothingBehindWithoutAStop) {
  ServerHarness harness;
  RawClient client = harness.greeted();
  harness.server.reset();
  EXPECT_TRUE(harness.is_closed_soon(client));
  EXPECT_FALSE(fs::exists(harness.options.socket));
}

TEST(Server, DoesNotReplaceALivingOne) {
  ServerHarness harness;
  const auto second =
      Server::start(harness.loop.loop(), harness.options, harness.view, harness.queries, harness.commands);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
  const RawClient welcome = harness.greeted();
}

}  // namespace
}  // namespace portwatch::server
