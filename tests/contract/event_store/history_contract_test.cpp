// SPDX-License-Identifier: Apache-2.0
// Questions about the past that every event store answers alike: which events, and who listened when.

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/event_store/worlds.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class World>
class HistoryContract : public EventStoreContract<World> {
 protected:
  /// 1 started; per second s from 1 to 4: opened on port 8000 + s % 2 (seqs 2 to 5); 6 first closes; 7 alert.
  void fill() {
    std::vector<model::Event> log{{.time = exactly_at(0),
                                   .kind = model::EventKind::kStarted,
                                   .detail = model::StartedDetail{.version = "1", .sensor = "s"}}};
    for (std::int64_t second = 1; second <= 4; ++second) {
      model::Listener listener = sample_listener(static_cast<std::uint16_t>(8000 + second % 2), second);
      if (second == 4) {
        model::Process process = make_process(50, "/usr/sbin/nginx", {"nginx"});
        process.unit = "nginx.service";
        listener.owners = {std::make_shared<const model::Process>(process)};
        listener.program = {
            .kind = model::ProgramKind::kExecutable, .id = "/usr/sbin/nginx", .label = "nginx"};
        listener.service.user = "www-data";
        listener.socket.endpoint.protocol = net::Protocol::kUdp;
        listener.socket.endpoint.address = net::IpAddress();
      }
      log.push_back(opened_event(listener));
      if (second == 1) first_ended_ = listener;
    }
    log.push_back(closed_event(first_ended_, 5));
    log.push_back(alert_event(model::EventKind::kAlertRaised, make_alert(1, first_ended_), 6));
    this->commit(log);
  }

  std::vector<std::int64_t> found(model::EventQuery query) {
    query.max_bytes = 100'000'000;
    return seqs(this->page(query).events);
  }

  model::Listener first_ended_;
};

TYPED_TEST_SUITE(HistoryContract, EventStoreWorlds);

net::PortQuery port(std::uint16_t number) {
  return {.port = base::Port{number}, .protocol = {}, .address = {}};
}

TYPED_TEST(HistoryContract, ReadsInBothDirectionsPageByPage) {
  this->fill();
  EXPECT_THAT(this->found({}), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(this->found({.newest_first = true, .limit = 3}), ElementsAre(7, 6, 5));
  const auto page = this->page({.newest_first = true, .limit = 3});
  EXPECT_EQ(page.next, base::Seq{5});
  EXPECT_THAT(this->found({.after = page.next, .newest_first = true, .limit = 3}), ElementsAre(4, 3, 2));
  EXPECT_THAT(this->found({.after = base::Seq{5}}), ElementsAre(6, 7));
  EXPECT_FALSE(this->page({.after = base::Seq{5}, .limit = 2}).next);
  EXPECT_THAT(this->found({.after = base::Seq{7}}), IsEmpty());
}

TYPED_TEST(HistoryContract, TakesAnyCursorAndAnyTime) {
  this->fill();
  for (const bool newest_first : {false, true}) {
    for (const auto seq : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                           std::numeric_limits<std::int64_t>::max()}) {
      const bool has_all = (seq > 0) == newest_first;
      EXPECT_EQ(this->found({.after = base::Seq{seq}, .newest_first = newest_first}).size(),
                has_all ? 7U : 0U);
    }
  }
  EXPECT_EQ(this->found({.since = base::UtcTime::min(), .until = base::UtcTime::max()}).size(), 7U);
  EXPECT_THAT(this->found({.since = base::UtcTime::max(), .until = base::UtcTime::min()}), IsEmpty());
  const auto reader = this->world_.reader();
  EXPECT_THAT(reader->listeners_at({.at = base::UtcTime::min(), .port = {}, .after = {}}).value().listeners,
              IsEmpty());
  EXPECT_EQ(
      reader->listeners_at({.at = base::UtcTime::max(), .port = {}, .after = {}}).value().listeners.size(),
      3U);
}

TYPED_TEST(HistoryContract, FindsEventsByPort) {
  this->fill();
  EXPECT_THAT(this->found({.port = port(8001)}), ElementsAre(2, 4, 6, 7));
  EXPECT_THAT(this->found({.port = port(8001), .newest_first = true, .limit = 2}), ElementsAre(7, 6));
  EXPECT_THAT(this->found({.port = port(9)}), IsEmpty());
  net::PortQuery udp = port(8000);
  udp.protocol = net::Protocol::kUdp;
  EXPECT_THAT(this->found({.port = udp}), ElementsAre(5));
  net::PortQuery local = port(8000);
  local.address = net::IpAddress::v4({127, 0, 0, 1});
  EXPECT_THAT(this->found({.port = local}), ElementsAre(3));
}

TYPED_TEST(HistoryContract, FindsEventsByKind) {
  this->fill();
  EXPECT_THAT(this->found({.kinds = {model::EventKind::kClosed}}), ElementsAre(6));
  const std::vector kinds{model::EventKind::kAlertRaised, model::EventKind::kOpened,
                          model::EventKind::kOpened};
  EXPECT_THAT(this->found({.kinds = kinds}), ElementsAre(2, 3, 4, 5, 7));
  EXPECT_THAT(this->found({.kinds = kinds, .newest_first = true, .limit = 2}), ElementsAre(7, 5));
  EXPECT_THAT(this->found({.port = port(8001), .kinds = kinds}), ElementsAre(2, 4, 7));
}

TYPED_TEST(HistoryContract, FindsEventsByTimeFromSinceToJustBeforeUntil) {
  this->fill();
  EXPECT_THAT(this->found({.since = at(3)}), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(this->found({.until = at(3)}), ElementsAre(1, 2, 3));
  EXPECT_THAT(this->found({.since = at(2), .until = at(4), .newest_first = true}), ElementsAre(4, 3));
  EXPECT_THAT(this->found({.since = at(60)}), IsEmpty());
}

TYPED_TEST(HistoryContract, FindsEventsByTimeAlsoWhenTheClockWasSetBack) {
  model::Listener listener = sample_listener(8080, 100);
  this->commit({opened_event(listener)});
  model::Listener earlier = sample_listener(8081, 10);
  this->commit({opened_event(earlier)});
  EXPECT_THAT(this->found({.until = at(50)}), ElementsAre(2));
  EXPECT_THAT(this->found({.since = at(50)}), ElementsAre(1));
}

TYPED_TEST(HistoryContract, FindsEventsByProgramUserAndUnit) {
  this->fill();
  EXPECT_THAT(this->found({.program = "http.serv"}), ElementsAre(2, 3, 4, 6, 7));
  EXPECT_THAT(this->found({.program = "nginx"}), ElementsAre(5));
  EXPECT_THAT(this->found({.program = "NGINX"}), IsEmpty());
  EXPECT_THAT(this->found({.user = "www-data"}), ElementsAre(5));
  EXPECT_THAT(this->found({.program = "nginx", .user = "ana"}), IsEmpty());
  EXPECT_THAT(this->found({.unit = "nginx.service"}), ElementsAre(5));
  EXPECT_THAT(this->found({.unit = "nginx"}), IsEmpty());
  EXPECT_THAT(this->found({.port = port(8001), .program = "python"}), ElementsAre(2, 4, 6, 7));
}

TYPED_TEST(HistoryContract, FindsEventsOfAUnitOnlyWhileItOwnedTheListener) {
  model::Listener listener = sample_listener(8080, 1);
  std::vector<model::Event> log{opened_event(listener)};
  model::Process process = make_process(50);
  process.unit = "nginx.service";
  log.push_back(owner_changed_event(listener, {share(process)}, 2));
  log.push_back(owner_changed_event(listener, {sample_owner(51)}, 3));
  this->commit(log);
  EXPECT_THAT(this->found({.unit = "nginx.service"}), ElementsAre(2));
  EXPECT_THAT(this->found({.program = "python", .unit = "nginx.service"}), ElementsAre(2));
}

TYPED_TEST(HistoryContract, FindsEventsOfManyProgramsAndManyListenersOfAUnit) {
  std::vector<model::Event> log;
  std::vector<std::int64_t> all;
  for (std::int64_t generation = 1; generation <= 150; ++generation) {
    model::Listener listener = sample_listener(8080, generation);
    listener.program.label = "worker-" + std::to_string(generation);
    model::Process process = make_process(static_cast<std::int32_t>(generation));
    process.unit = generation % 2 == 0 ? "even.service" : "odd.service";
    listener.owners = {share(process)};
    log.push_back(opened_event(listener));
    all.push_back(generation);
  }
  this->commit(log);
  EXPECT_EQ(this->found({.program = "worker"}), all);
  EXPECT_EQ(this->found({.unit = "even.service"}).size(), 75U);
  EXPECT_EQ(this->found({.program = "worker-1", .unit = "even.service"}).size(), 31U);
  EXPECT_EQ(this->found({.program = "worker", .unit = "odd.service", .newest_first = true, .limit = 2}),
            (std::vector<std::int64_t>{149, 147}));
}

TYPED_TEST(HistoryContract, SaysWhoHeldAPortAtATime) {
  model::Listener first = sample_listener(8080, 10);
  model::Listener second = sample_listener(8080, 20);
  model::Listener other = sample_listener(8081, 12);
  this->commit({opened_event(first), opened_event(other), closed_event(first, 15), opened_event(second)});
  const auto held = [this](std::int64_t seconds) { return generations(this->past(seconds, port(8080))); };
  EXPECT_THAT(held(9), IsEmpty());
  EXPECT_THAT(held(10), ElementsAre(10));
  EXPECT_THAT(held(14), ElementsAre(10));
  EXPECT_THAT(held(15), IsEmpty());
  EXPECT_THAT(held(19), IsEmpty());
  EXPECT_THAT(held(20), ElementsAre(20));
  EXPECT_THAT(held(99'999), ElementsAre(20));
  EXPECT_THAT(generations(this->past(14)), ElementsAre(10, 12));
}

TYPED_TEST(HistoryContract, ShowsAPastListenerWithTheOwnersOfThatTimeAndItsEnd) {
  model::Listener listener = sample_listener(8080, 10);
  this->commit({opened_event(listener)});
  const model::Event change = owner_changed_event(listener, {sample_owner(3, "node")}, 20);
  this->commit({change});
  this->commit({closed_event(listener, 30)});
  const auto before = this->past(19);
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0]->owners.at(0)->name, "python3.11");
  EXPECT_EQ(before[0]->closed, polled_at(30));
  const auto after = this->past(20);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(*after[0], listener);
}

TYPED_TEST(HistoryContract, SaysSinceWhenAListenerWasNotWatched) {
  model::Listener listener = sample_listener(8080, 10);
  model::Listener other = sample_listener(8081, 30);
  const model::Table of_all{base::Netns{}, net::Protocol::kTcp, net::Family::kIpv4};
  const auto covering = [](std::vector<model::Table> tables, std::int64_t from, std::int64_t to) {
    model::Event event{.time = polled_at(to), .kind = model::EventKind::kCoverageChanged};
    event.time.earliest = at(from);
    model::CoverageDetail detail;
    detail.coverage.tables = std::move(tables);
    event.detail = std::move(detail);
    return event;
  };
  const auto now = [this](std::size_t which) {
    return this->world_.start().open_listeners.at(which)->unwatched_since;
  };
  this->commit({opened_event(listener), opened_event(other), covering({}, 20, 40)});
  EXPECT_EQ(now(0), at(20));
  EXPECT_EQ(now(1), at(30)) << "it was seen to open";
  EXPECT_EQ(this->past(19).at(0)->unwatched_since, std::nullopt);
  EXPECT_EQ(this->past(20).at(0)->unwatched_since, at(20));
  this->commit({covering({}, 41, 50)});
  EXPECT_EQ(now(0), at(20)) << "nobody watched in between";
  this->commit({covering({of_all}, 51, 60)});
  EXPECT_EQ(now(0), std::nullopt);
  this->commit({covering({}, 61, 70), closed_event(listener, 80)});
  EXPECT_EQ(this->past(75).at(0)->closed, polled_at(80));
  EXPECT_EQ(this->past(75).at(0)->unwatched_since, std::nullopt) << "its end says more";
  EXPECT_EQ(this->past(75).at(1)->unwatched_since, at(61));
}

TYPED_TEST(HistoryContract, SortsPastListenersByPortAndKeepsToTheLimit) {
  std::vector<model::Event> log;
  for (const std::int64_t generation : {1, 2, 3, 4}) {
    model::Listener listener = sample_listener(static_cast<std::uint16_t>(8010 - generation), generation);
    log.push_back(opened_event(listener));
    if (generation % 2 == 0) log.push_back(closed_event(listener, 50));
  }
  this->commit(log);
  EXPECT_THAT(generations(this->past(9)), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(generations(this->past(9, {}, 2)), ElementsAre(4, 3));
}

TYPED_TEST(HistoryContract, GoesOnWithPastListenersOfOnePortWhereThePageEnded) {
  std::vector<model::Event> log;
  for (const std::int64_t generation : {1, 2, 3, 4, 5})
    log.push_back(opened_event(sample_listener(8080, generation)));
  this->commit(log);
  model::PastQuery query{.at = at(9), .port = port(8080), .after = {}, .limit = 2};
  std::vector<model::ListenerRef> joined;
  int pages = 0;
  do {
    const auto page = this->world_.reader()->listeners_at(query).value();
    joined.insert(joined.end(), page.listeners.begin(), page.listeners.end());
    query.after = page.next;
  } while (query.after && ++pages < 10);
  EXPECT_THAT(generations(joined), ElementsAre(1, 2, 3, 4, 5));
}

TYPED_TEST(HistoryContract, EndsAPageWhereItsBytesDo) {
  std::vector<model::Event> log;
  for (const std::int64_t generation : {1, 2, 3, 4}) {
    const model::Listener listener = sample_listener(8080, generation);
    log.push_back(opened_event(listener));
    log.push_back(alert_event(model::EventKind::kAlertRaised, make_alert(generation, listener), generation));
  }
  this->commit(log);
  constexpr std::size_t kAboutTwo = 7'000;
  const auto reader = this->world_.reader();
  const auto events = reader->events({.kinds = {model::EventKind::kOpened}, .max_bytes = kAboutTwo}).value();
  EXPECT_THAT(seqs(events.events), ElementsAre(1, 3));
  EXPECT_EQ(events.next, base::Seq{3});
  const auto alerts = reader->alerts({.max_bytes = kAboutTwo}).value();
  EXPECT_EQ(alerts.alerts.size(), 2U);
  EXPECT_EQ(alerts.next, base::AlertId{3});
  const auto past =
      reader->listeners_at({.at = at(9), .port = {}, .after = {}, .max_bytes = kAboutTwo}).value();
  EXPECT_EQ(past.listeners.size(), 2U);
  EXPECT_TRUE(past.next);
  EXPECT_EQ(reader->events({.max_bytes = 1}).value().events.size(), 1U) << "never none";
}

TYPED_TEST(HistoryContract, FindsEveryPeriodThatHoldsAnInstantAndNoOther) {
  // Periods of many lengths around many powers of two of microseconds.
  std::vector<model::Listener> listeners;
  std::vector<model::Event> log;
  for (std::int64_t i = 1; i <= 40; ++i) {
    model::Listener listener = sample_listener(8080, i);
    listener.opened = exactly_at(i * 7 % 40);
    listener.closed = exactly_at(i * 7 % 40 + 1 + i * i % 23);
    log.push_back({.time = *listener.closed,
                   .kind = model::EventKind::kClosed,
                   .listener = share(listener),
                   .detail = {}});
    listeners.push_back(listener);
  }
  this->commit(log);
  for (std::int64_t second = 0; second < 70; ++second) {
    std::vector<std::int64_t> expected;
    for (const model::Listener& listener : listeners)
      if (listener.opened.at <= at(second) && at(second) < listener.closed->at)
        expected.push_back(listener.key.generation);
    auto actual = generations(this->past(second, port(8080)));
    EXPECT_EQ(actual, expected) << second;
  }
}

}  // namespace
}  // namespace portwatch::test
