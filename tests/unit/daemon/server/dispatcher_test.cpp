// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/dispatcher.h"
#include "daemon/server/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/messages.h"
#include "tests/unit/daemon/server/fakes.h"

namespace portwatch::server {
namespace {

using nlohmann::json;
using protocol::Method;
using protocol::RpcCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Viewer kRootUser{.role = Role::kAdmin, .uid = {0}};
constexpr Viewer kAna{.role = Role::kLocal, .uid = {1000}};
constexpr Viewer kBob{.role = Role::kLocal, .uid = {1001}};
constexpr const char* kEpoch = "fedcba9876543210";

class DispatcherTest : public testing::Test {
 protected:
  /// Calls a method; the fakes answer at once.
  Outcome call(Method method, const json& params = json::object(), const Viewer& viewer = kRootUser) {
    std::optional<Outcome> outcome;
    dispatch(context,
             {.viewer = viewer,
              .queries = queries,
              .user = viewer.uid == kAna.uid ? std::optional<std::string>("ana") : std::nullopt},
             method, params, [&](Outcome given) {
               EXPECT_FALSE(outcome) << "replied twice";
               outcome = std::move(given);
             });
    PW_ASSERT(outcome);
    return *outcome;
  }
  template <Method M>
  typename protocol::MessageTypes<M>::Result result(const typename protocol::MessageTypes<M>::Params& params,
                                                    const Viewer& viewer = kRootUser) {
    const Outcome outcome = call(M, protocol::encode(params), viewer);
    PW_ASSERT(outcome.has_value());
    auto decoded = protocol::decode<typename protocol::MessageTypes<M>::Result>(**outcome);
    PW_ASSERT(decoded);
    return std::move(*decoded);
  }
  RpcCode code_of(Method method, const json& params = json::object(), const Viewer& viewer = kRootUser) {
    const Outcome outcome = call(method, params, viewer);
    PW_ASSERT(!outcome);
    return outcome.error().code;
  }
  void listen_on(int count) {
    for (int i = 0; i < count; ++i)
      view.now.push_back(
          test::share(test::make_listener("127.0.0.1:" + std::to_string(2000 + i) + "/tcp", i + 1)));
  }

  FakeStateView view;
  FakeQueries queries;
  FakeCommands commands;
  ContextRef context = std::make_shared<HandlerContext>(HandlerContext{
      .view = view,
      .commands = commands,
      .identity = {.version = "0.1.0", .host_id = "0123456789abcdef0123456789abcdef", .epoch = kEpoch},
      .policy = {},
      .max_page_bytes = 40'000});
};

TEST_F(DispatcherTest, AnswersNothingToAPeerWithoutAName) {
  for (const protocol::MethodInfo& method : protocol::kMethods)
    EXPECT_EQ(code_of(method.method, json::object(), Viewer{}), RpcCode::kPermissionDenied) << method.name;
}

TEST_F(DispatcherTest, LetsAStrangerChangeNothing) {
  commands.alert.severity = model::Severity::kLow;
  for (const protocol::MethodInfo& method : protocol::kMethods) {
    if (method.access == protocol::Access::kSee) continue;
    EXPECT_EQ(code_of(method.method, {{"id", 21}}, kBob), RpcCode::kPermissionDenied) << method.name;
  }
  EXPECT_THAT(commands.changes, IsEmpty());
}

TEST_F(DispatcherTest, AgreesOnTheVersionInHello) {
  const auto hello = result<Method::kHello>({.client = "test", .protocols = {7, 1}}, kBob);
  EXPECT_EQ(hello.protocol, protocol::kProtocolVersion);
  EXPECT_EQ(hello.epoch, kEpoch);
  EXPECT_EQ(hello.uid, base::Uid{1001});
  EXPECT_EQ(hello.role, protocol::Role::kViewer);
  EXPECT_EQ(result<Method::kHello>({.client = "test", .protocols = {1}}).role, protocol::Role::kAdmin);
  EXPECT_EQ(code_of(Method::kHello, {{"client", "test"}, {"protocols", {7}}}), RpcCode::kUnsupported);
}

TEST_F(DispatcherTest, TellsTheStatusAsItIs) {
  EXPECT_EQ(result<Method::kStatus>({}), view.current);
}

TEST_F(DispatcherTest, SaysWhichParameterDoesNotFit) {
  const Outcome outcome = call(Method::kEventsList, {{"limit", 0}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, RpcCode::kInvalidParams);
  EXPECT_THAT(outcome.error().message, HasSubstr("/limit"));
  EXPECT_EQ(code_of(Method::kListenersList, {{"limit", model::kMaxPage + 1}}), RpcCode::kInvalidParams);
  EXPECT_EQ(code_of(Method::kListenersList, {{"after", "nonsense"}}), RpcCode::kInvalidParams)
      << "with no listener";
}

TEST_F(DispatcherTest, ListsListenersInPagesThatJoinToTheWhole) {
  listen_on(25);
  std::vector<model::ListenerRef> joined;
  std::optional<std::string> after;
  int pages = 0;
  do {
    auto page = result<Method::kListenersList>({.after = after, .limit = 10});
    joined.insert(joined.end(), page.listeners.begin(), page.listeners.end());
    after = page.next;
    ++pages;
  } while (after);
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(joined.size(), view.now.size());
  for (std::size_t i = 0; i < joined.size(); ++i) EXPECT_EQ(joined[i]->key, view.now[i]->key);
}

TEST_F(DispatcherTest, TellsInBriefWhatTheListShows) {
  context->max_page_bytes = 1000;
  listen_on(25);
  model::Listener other = test::make_listener("0.0.0.0:2100/tcp", 26);
  other.verdict = model::Verdict::kKnown;
  view.now.push_back(test::share(other));
  std::vector<model::AlikeListeners> groups;
  protocol::ListenersBriefParams params;
  int pages = 0;
  do {
    auto page = result<Method::kListenersBrief>(params);
    groups.insert(groups.end(), page.groups.begin(), page.groups.end());
    params.after = page.next;
    ++pages;
  } while (params.after);
  EXPECT_GT(pages, 1);
  EXPECT_LT(groups.size(), view.now.size() / 2) << "alike ones are together";
  const auto spread = model::spread(groups);
  ASSERT_EQ(spread.size(), view.now.size());
  for (std::size_t i = 0; i < spread.size(); ++i) EXPECT_EQ(*spread[i], model::in_brief(*view.now[i]));
  EXPECT_EQ(code_of(Method::kListenersBrief, {{"after", "nonsense"}}), RpcCode::kInvalidParams);
}

TEST_F(DispatcherTest, TellsWhoIsConnectedAsFarAsTheViewerMayKnow) {
  model::Connection connection{.clients = {{.program = "psql", .uid = kAna.uid, .user = "ana"}}};
  queries.connected = {.connections = {connection}, .left_out = 3};
  const auto of_ana = result<Method::kListenersClients>({.port = {5432}}, kAna);
  EXPECT_EQ(of_ana, queries.connected);
  const auto of_bob = result<Method::kListenersClients>({.port = {5432}}, kBob);
  ASSERT_EQ(of_bob.connections.size(), 1U);
  EXPECT_EQ(of_bob.connections[0], redact(connection, kBob, {}));
  EXPECT_EQ(code_of(Method::kListenersClients, {}), RpcCode::kInvalidParams);
}

TEST_F(DispatcherTest, TellsWhoListensOnThePortOfAConnection) {
  const model::Listener listener = test::make_listener("127.0.0.1:5432/tcp", 1);
  view.now = {test::share(listener)};
  const model::ProcessKey owner = listener.owners.front()->key;
  queries.connected = {.connections = {{.servers = {{.process = owner, .program = "postgres"}}}}};
  EXPECT_EQ(result<Method::kListenersClients>({.port = {5432}}, kBob).connections[0].servers[0].process,
            owner);
  EXPECT_FALSE(result<Method::kListenersClients>({.port = {5433}}, kBob).connections[0].servers[0].process);
}

TEST_F(DispatcherTest, TellsOfVeryManyConnectionsWhatFitsAndCountsTheRest) {
  context->max_page_bytes = 20'000;
  const model::Connection connection{.clients = {{.program = std::string(1000, '\x01'), .uid = kAna.uid}}};
  queries.connected = {.connections = std::vector<model::Connection>(500, connection), .left_out = 3};
  const auto told = result<Method::kListenersClients>({.port = {5432}}, kAna);
  EXPECT_GT(told.connections.size(), 1U);
  EXPECT_LT(told.connections.size(), 5U);
  EXPECT_EQ(told.connections.size() + told.left_out, 503U);
}

TEST_F(DispatcherTest, TellsInBriefNoMoreThanTheViewerMaySee) {
  listen_on(2);
  model::Listener own = test::make_listener("127.0.0.1:2002/tcp", 3);
  model::Process process = test::make_process(8);
  process.uid = kBob.uid;
  own.owners = {test::share(process)};
  view.now.push_back(test::share(own));
  const auto of_ana = result<Method::kListenersBrief>({}, kAna);
  const auto of_bob = result<Method::kListenersBrief>({}, kBob);
  for (const auto& [viewer, answer] : {std::pair{kAna, of_ana}, {kBob, of_bob}}) {
    const auto spread = model::spread(answer.groups);
    ASSERT_EQ(spread.size(), view.now.size());
    for (std::size_t i = 0; i < spread.size(); ++i)
      EXPECT_EQ(*spread[i], model::in_brief(*redact(view.now[i], viewer))) << viewer.uid.value << ' ' << i;
  }
  EXPECT_THAT(of_bob.groups.front().common.program.label, testing::Not(HasSubstr("http.server")));
}

TEST_F(DispatcherTest, GoesOnBehindAListenerThatIsGone) {
  listen_on(4);
  const auto first = result<Method::kListenersList>({.limit = 2});
  view.now.erase(view.now.begin() + 1);
  const auto second = result<Method::kListenersList>({.after = first.next, .limit = 2});
  ASSERT_EQ(second.listeners.size(), 2U);
  EXPECT_EQ(second.listeners.front()->socket.endpoint.port, base::Port{2002});
}

TEST_F(DispatcherTest, BoundsAPageInBytes) {
  model::Process large = test::make_process(7);
  large.argv = {std::string(context->max_page_bytes / 4, 'x')};
  for (int i = 0; i < 10; ++i) {
    model::Listener listener = test::make_listener("127.0.0.1:" + std::to_string(2000 + i) + "/tcp", i + 1);
    listener.owners = {test::share(large)};
    view.now.push_back(test::share(listener));
    queries.commit(model::EventKind::kOpened, listener);
    queries.stored_alerts.insert(queries.stored_alerts.begin(), test::make_alert(i + 1, listener));
  }
  queries.past = view.now;

  const auto listeners = result<Method::kListenersList>({});
  EXPECT_EQ(listeners.listeners.size(), 3U);
  EXPECT_TRUE(listeners.next);
  const auto events = result<Method::kEventsList>({});
  ASSERT_EQ(events.events.size(), 3U);
  EXPECT_EQ(events.next, (protocol::Cursor{.epoch = kEpoch, .seq = {3}}));
  EXPECT_EQ(result<Method::kEventsList>({.after = events.next}).events.front().seq, base::Seq{4});
  const auto alerts = result<Method::kAlertsList>({});
  EXPECT_EQ(alerts.alerts.size(), 3U);
  EXPECT_EQ(alerts.next, base::AlertId{8});
  const auto past = result<Method::kListenersAt>({});
  EXPECT_EQ(past.listeners.size(), 3U);
  ASSERT_TRUE(past.next);
  EXPECT_EQ(result<Method::kListenersAt>({.after = past.next}).listeners.front()->key,
            queries.past.at(3)->key);
}

TEST_F(DispatcherTest, LooksAtABoundedNumberForAPageThatNothingFits) {
  const auto count = static_cast<int>(2 * model::PageBudget::kMostLooks);
  listen_on(count);
  const auto first = result<Method::kListenersList>({.program = "none of these"});
  EXPECT_THAT(first.listeners, IsEmpty());
  ASSERT_TRUE(first.next);
  const auto second = result<Method::kListenersList>({.program = "none of these", .after = first.next});
  EXPECT_FALSE(second.next);
  // One port is found without a look at all others.
  const auto last =
      result<Method::kListenersList>({.port = net::PortQuery{.port = view.now.back()->socket.endpoint.port}});
  EXPECT_EQ(last.listeners.size(), 1U);
  EXPECT_FALSE(last.next);
}

TEST_F(DispatcherTest, GivesAtLeastOneValueHoweverLarge) {
  model::Process large = test::make_process(7);
  large.argv = {std::string(2 * context->max_page_bytes, 'x')};
  model::Listener listener = test::make_listener("127.0.0.1:2000/tcp");
  listener.owners = {test::share(large)};
  view.now = {test::share(listener)};
  const auto page = result<Method::kListenersList>({});
  EXPECT_EQ(page.listeners.size(), 1U);
  EXPECT_FALSE(page.next);
}

TEST_F(DispatcherTest, FiltersListenersByWhatTheViewerSees) {
  listen_on(1);
  EXPECT_EQ(result<Method::kListenersList>({.program = "http.server"}, kAna).listeners.size(), 1U);
  EXPECT_EQ(result<Method::kListenersList>({.program = "http.server"}, kBob).listeners.size(), 0U);
  EXPECT_EQ(result<Method::kListenersList>({.program = "python3"}, kBob).listeners.size(), 1U);
  EXPECT_EQ(result<Method::kListenersList>({.user = "ana"}, kBob).listeners.size(), 1U);
  EXPECT_EQ(result<Method::kListenersList>({.user = "bob"}).listeners.size(), 0U);
  EXPECT_EQ(result<Method::kListenersList>({.family = net::Family::kIpv6}).listeners.size(), 0U);
  EXPECT_EQ(result<Method::kListenersList>({.exposure = model::Exposure::kAny}).listeners.size(), 0U);
  EXPECT_EQ(result<Method::kListenersList>({.verdict = model::Verdict::kKnown}).listeners.size(), 0U);
  EXPECT_EQ(result<Method::kListenersList>({.protocol = net::Protocol::kUdp}).listeners.size(), 0U);
}

TEST_F(DispatcherTest, RedactsInEveryAnswer) {
  listen_on(1);
  queries.commit(model::EventKind::kOpened);
  queries.stored_alerts = {test::make_alert(21, *view.now.front())};
  queries.past = view.now;
  for (const auto& [method, params] : {std::pair{Method::kListenersList, json::object()},
                                       {Method::kListenersAt, json{{"at", "2026-01-01T00:00:00Z"}}},
                                       {Method::kEventsList, json::object()},
                                       {Method::kAlertsList, json::object()},
                                       {Method::kAlertsShow, json{{"id", 21}}}}) {
    const Outcome own = call(method, params, kAna);
    const Outcome others = call(method, params, kBob);
    ASSERT_TRUE(own && others) << protocol::name_of(method);
    EXPECT_THAT((*own)->dump(), HasSubstr("http.server")) << protocol::name_of(method);
    EXPECT_THAT((*others)->dump(), testing::Not(HasSubstr("http.server"))) << protocol::name_of(method);
    EXPECT_THAT((*others)->dump(), HasSubstr("\"command\":null")) << protocol::name_of(method);
  }
}

TEST_F(DispatcherTest, ReadsEventsFromACursorOfThisLogAlone) {
  for (int i = 0; i < 5; ++i) queries.commit(model::EventKind::kOpened);
  const auto page = result<Method::kEventsList>({.query = {.limit = 2}});
  EXPECT_EQ(page.next, (protocol::Cursor{.epoch = kEpoch, .seq = {2}}));
  const auto rest = result<Method::kEventsList>({.after = page.next});
  EXPECT_EQ(rest.events.size(), 3U);
  EXPECT_FALSE(rest.next);
  EXPECT_EQ(code_of(Method::kEventsList, {{"after", "0000000000000000.2"}}), RpcCode::kHistoryReplaced);
}

TEST_F(DispatcherTest, PassesOnWhyTheStoreDoesNotAnswer) {
  queries.failure = base::Error{.code = base::ErrorCode::kUnavailable, .message = "the disk is full"};
  EXPECT_EQ(code_of(Method::kEventsList), RpcCode::kUnavailable);
  EXPECT_EQ(code_of(Method::kAlertsList), RpcCode::kUnavailable);
  EXPECT_EQ(code_of(Method::kListenersAt, {{"at", "2026-01-01T00:00:00Z"}}), RpcCode::kUnavailable);
  EXPECT_TRUE(call(Method::kListenersList)) << "memory answers also then";
}

TEST_F(DispatcherTest, SignsAChangeWithTheUser) {
  EXPECT_TRUE(call(Method::kAlertsApprove, {{"id", 21}}));
  EXPECT_TRUE(call(Method::kAlertsReject, {{"id", 22}}));
  EXPECT_TRUE(call(Method::kAlertsAck, {{"id", 23}}));
  using interface::AlertAction;
  EXPECT_THAT(commands.changes, ElementsAre(FakeCommands::Change{{21}, AlertAction::kApprove, "uid 0"},
                                            FakeCommands::Change{{22}, AlertAction::kReject, "uid 0"},
                                            FakeCommands::Change{{23}, AlertAction::kAcknowledge, "uid 0"}));
}

TEST_F(DispatcherTest, LetsAUserApproveTheirOwnQuietAlert) {
  commands.alert.severity = model::Severity::kLow;
  EXPECT_TRUE(call(Method::kAlertsApprove, {{"id", 21}}, kAna));
  ASSERT_EQ(commands.changes.size(), 1U);
  EXPECT_THAT(commands.changes.front().actor, "ana (uid 1000)");

  context->policy.self_approve = false;
  EXPECT_EQ(code_of(Method::kAlertsApprove, {{"id", 21}}, kAna), RpcCode::kPermissionDenied);
  EXPECT_EQ(commands.changes.size(), 1U);
}

TEST_F(DispatcherTest, ChangesNothingForAUserWhenTheAlertGotLouderMeanwhile) {
  commands.alert.severity = model::Severity::kLow;
  commands.meanwhile = [&] { commands.alert.severity = model::Severity::kHigh; };
  EXPECT_EQ(code_of(Method::kAlertsAck, {{"id", 21}}, kAna), RpcCode::kPermissionDenied);
  EXPECT_THAT(commands.changes, IsEmpty());
}

TEST_F(DispatcherTest, ChangesNothingForAUserWhenThePolicyWasLockedMeanwhile) {
  commands.alert.severity = model::Severity::kLow;
  commands.meanwhile = [&] { context->policy.is_locked = true; };
  EXPECT_EQ(code_of(Method::kAlertsApprove, {{"id", 21}}, kAna), RpcCode::kPermissionDenied);
  EXPECT_THAT(commands.changes, IsEmpty());
}

TEST_F(DispatcherTest, SaysThatAChangeIsNotPossible) {
  commands.outcome = base::fail(base::ErrorCode::kConflict, "it is approved already");
  EXPECT_EQ(code_of(Method::kAlertsApprove, {{"id", 21}}), RpcCode::kConflict);
  EXPECT_EQ(code_of(Method::kAlertsShow, {{"id", 21}}), RpcCode::kNotFound);
}

}  // namespace
}  // namespace portwatch::server
