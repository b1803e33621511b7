// SPDX-License-Identifier: Apache-2.0
// decode(encode(m)) == m for every message, through the line that is really sent, and no line breaks the
// decoders.
#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/protocol/messages.h"
#include "tests/support/random_model.h"

namespace portwatch::protocol {
namespace {

using test::Random;

Cursor random_cursor(Random& random) {
  std::string epoch;
  for (int i = 0; i < 16; ++i) epoch += "0123456789abcdef"[random.below(16)];
  return {.epoch = epoch, .seq = {random.between<std::int64_t>(0, std::numeric_limits<std::int64_t>::max())}};
}

template <class Make>
auto maybe(Random& random, Make make) -> std::optional<decltype(make(random))> {
  if (random.chance(50)) return std::nullopt;
  return make(random);
}

template <class Make>
auto list(Random& random, Make make) -> std::vector<decltype(make(random))> {
  std::vector<decltype(make(random))> values;
  for (std::uint64_t left = random.below(3); left > 0; --left) values.push_back(make(random));
  return values;
}

std::string text(Random& random) {
  return random.text(10);
}

model::ListenerRef listener_ref(Random& random) {
  return std::make_shared<const model::Listener>(test::random_listener(random));
}

HelloParams hello_params(Random& random) {
  return {.client = text(random), .protocols = list(random, [](Random& r) { return r.between(-5, 5); })};
}
HelloResult hello_result(Random& random) {
  return {.protocol = random.between(-5, 5),
          .schema = random.between(-5, 5),
          .version = text(random),
          .host_id = text(random),
          .epoch = text(random),
          .uid = {random.between<std::uint32_t>(0, std::numeric_limits<std::uint32_t>::max())},
          .user = text(random),
          .role = test::random_enum<Role>(random)};
}
ListenersListParams listeners_list_params(Random& random) {
  return {.port = test::random_past_query(random).port,
          .protocol = maybe(random, test::random_enum<net::Protocol>),
          .family = maybe(random, test::random_enum<net::Family>),
          .user = text(random),
          .program = text(random),
          .exposure = maybe(random, test::random_enum<model::Exposure>),
          .verdict = maybe(random, test::random_enum<model::Verdict>),
          .after = maybe(random, text),
          .limit = random.between<std::size_t>(1, model::kMaxPage)};
}
ListenersListResult listeners_list_result(Random& random) {
  return {.listeners = list(random, listener_ref),
          .next = maybe(random, text),
          .coverage = test::random_coverage(random)};
}
/// One after another in the same order as spread() gives, with more than a few that are alike.
std::vector<model::ListenerRef> listeners_by_port(Random& random) {
  std::vector<model::ListenerRef> listeners;
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    model::Listener listener = test::random_listener(random);
    for (std::uint64_t alike = random.below(4); alike > 0; --alike) {
      listener.socket.endpoint.port = {static_cast<std::uint16_t>(random.below(65536))};
      listener.opened.at = test::random_time(random);
      listeners.push_back(std::make_shared<const model::Listener>(listener));
    }
  }
  std::ranges::sort(listeners, {}, [](const model::ListenerRef& listener) {
    const net::Endpoint& endpoint = listener->socket.endpoint;
    return std::tie(endpoint.port, endpoint.protocol, endpoint.address);
  });
  return listeners;
}
std::vector<model::AlikeListeners> together(const std::vector<model::ListenerRef>& listeners) {
  model::AlikeListenersBuilder builder;
  for (const model::ListenerRef& listener : listeners) builder.add(listener);
  return std::move(builder).take();
}
ListenersBriefParams listeners_brief_params(Random& random) {
  return {.after = maybe(random, text)};
}
ListenersBriefResult listeners_brief_result(Random& random) {
  return {.groups = together(listeners_by_port(random)), .next = maybe(random, text)};
}
model::Party party(Random& random) {
  model::Party party{.program = text(random), .user = text(random)};
  if (random.chance(70)) party.uid = test::random_process(random).uid;
  if (random.chance(70)) party.process = test::random_process(random).key;
  return party;
}
net::Endpoint tcp_end(Random& random) {
  return {.protocol = net::Protocol::kTcp,
          .address = test::random_address(random),
          .port = {random.between<std::uint16_t>(0, 65535)}};
}
model::Connection connection(Random& random) {
  const auto bytes = [](Random& any) { return any.between<std::uint64_t>(0, ~std::uint64_t{}); };
  return {.local = tcp_end(random),
          .peer = tcp_end(random),
          .is_peer_here = random.chance(50),
          .servers = list(random, party),
          .clients = list(random, party),
          .received_bytes = maybe(random, bytes),
          .sent_bytes = maybe(random, bytes)};
}
ListenersClientsParams listeners_clients_params(Random& random) {
  return {.port = {random.between<std::uint16_t>(0, 65535)}};
}
model::ConnectionList connection_list(Random& random) {
  return {.connections = list(random, connection),
          .left_out = random.between<std::uint64_t>(0, 1000),
          .are_parties_whole = random.chance(50)};
}
ListenersAtResult listeners_at_result(Random& random) {
  return {.listeners = list(random, listener_ref), .next = random_past_query(random).after};
}
EventsListParams events_list_params(Random& random) {
  EventsListParams params{.query = test::random_event_query(random), .after = maybe(random, random_cursor)};
  params.query.after.reset();
  return params;
}
EventsListResult events_list_result(Random& random) {
  return {.events = list(random, test::random_event), .next = maybe(random, random_cursor)};
}
EventsSubscribeParams events_subscribe_params(Random& random) {
  return {.after = maybe(random, random_cursor),
          .kinds = list(random, test::random_enum<model::EventKind>),
          .is_alerts_only = random.chance(50)};
}
EventsSubscribeResult events_subscribe_result(Random& random) {
  return {.cursor = random_cursor(random)};
}
EventMessage event_message(Random& random) {
  return {.event = test::random_event(random), .cursor = random_cursor(random)};
}
SubscriptionDroppedMessage subscription_dropped(Random& random) {
  return {.reason = text(random), .cursor = maybe(random, random_cursor)};
}
AlertsListResult alerts_list_result(Random& random) {
  return {.alerts = list(random, test::random_alert),
          .next = maybe(random, [](Random& r) { return base::AlertId{r.between<std::int64_t>(0, 99)}; })};
}
AlertParams alert_params(Random& random) {
  return {.id = {random.between<std::int64_t>(-9, 9)}};
}
AlertResult alert_result(Random& random) {
  return {.alert = test::random_alert(random)};
}

bool same(const std::vector<model::ListenerRef>& a, const std::vector<model::ListenerRef>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return *x == *y; });
}
template <class T>
bool same(const T& a, const T& b) {
  return a == b;
}
bool same(const ListenersListResult& a, const ListenersListResult& b) {
  return same(a.listeners, b.listeners) && a.next == b.next && a.coverage == b.coverage;
}
bool same(const ListenersAtResult& a, const ListenersAtResult& b) {
  return same(a.listeners, b.listeners) && a.next == b.next;
}

template <class T>
void expect_round_trips(T (*make)(Random&)) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const T original = make(random);
    const std::string line = encode(success(Id{std::int64_t{1}}, encode(original)));
    ASSERT_EQ(std::ranges::count(line, '\n'), 1);
    const auto reply = decode_reply(line);
    ASSERT_TRUE(reply) << reply.error().message;
    const auto decoded = decode<T>(**std::get<Response>(*reply).result());
    ASSERT_TRUE(decoded) << decoded.error().message << "\n" << line;
    ASSERT_TRUE(same(*decoded, original)) << line;
  }
}

TEST(Messages, KeepHello) {
  expect_round_trips(hello_params);
  expect_round_trips(hello_result);
}
TEST(Messages, KeepListeners) {
  expect_round_trips(listeners_list_params);
  expect_round_trips(listeners_list_result);
  expect_round_trips(listeners_brief_params);
  expect_round_trips(listeners_brief_result);
  expect_round_trips(test::random_past_query);
  expect_round_trips(listeners_at_result);
  expect_round_trips(listeners_clients_params);
  expect_round_trips(connection_list);
}
TEST(Messages, KeepEvents) {
  expect_round_trips(events_list_params);
  expect_round_trips(events_list_result);
  expect_round_trips(events_subscribe_params);
  expect_round_trips(events_subscribe_result);
  expect_round_trips(event_message);
  expect_round_trips(subscription_dropped);
}
TEST(Messages, KeepAlerts) {
  expect_round_trips(test::random_alert_query);
  expect_round_trips(alerts_list_result);
  expect_round_trips(alert_params);
  expect_round_trips(alert_result);
}
TEST(Messages, KeepStatus) {
  expect_round_trips(test::random_status);
}

TEST(ListenersInBrief, AreTheSameOnceTheyAreSpread) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto listeners = listeners_by_port(random);
    const auto spread = model::spread(together(listeners));
    ASSERT_EQ(spread.size(), listeners.size());
    for (std::size_t i = 0; i < listeners.size(); ++i)
      EXPECT_EQ(*spread[i], model::in_brief(*listeners[i])) << i;
  }
}

Id random_id(Random& random) {
  if (random.chance(30)) return {};
  if (random.chance(50))
    return random.between(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  return "id" + std::to_string(random.below(1000));
}

TEST(Requests, AreKept) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Request original{.id = maybe(random, random_id),
                           .method = text(random),
                           .params = make_json({{"a", text(random)}, {"b", random.next()}})};
    const auto decoded = decode_request(encode(original));
    ASSERT_TRUE(decoded) << decoded.error().error()->message;
    EXPECT_EQ(decoded->id, original.id);
    EXPECT_EQ(decoded->method, original.method);
    EXPECT_EQ(*decoded->params, *original.params);
  }
}

TEST(Requests, OfAnyBytesAreReadOrRefusedWithAnAnswerThatCanBeSent) {
  static const std::vector<std::string> kPieces{"{",
                                                "}",
                                                "[",
                                                "]",
                                                "\"jsonrpc\":\"2.0\"",
                                                "\"id\":",
                                                "1",
                                                "\"x\"",
                                                ",",
                                                ":",
                                                "null",
                                                "\"method\":",
                                                "\xff",
                                                "\\",
                                                "\"status\"",
                                                "\"params\":",
                                                "1e999",
                                                "-",
                                                "true",
                                                "\"",
                                                " "};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string line;
    for (std::uint64_t left = random.below(20); left > 0; --left) line += random.pick(kPieces);
    const auto request = decode_request(line);
    if (request) {
      EXPECT_TRUE(request->params != nullptr && request->params->is_object());
    } else {
      EXPECT_TRUE(decode_reply(encode(request.error())));
    }
    (void)decode_reply(line);
  }
}

}  // namespace
}  // namespace portwatch::protocol
