// SPDX-License-Identifier: Apache-2.0
// The store answers any question about any history as the plain list in memory does, also after it has
// forgotten a part, and shows each event as it was committed.

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/store.h"
#include "tests/property/daemon/store/random_history.h"
#include "tests/support/memory_event_store.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

using test::at;
using test::Random;

class SameAnswers {
 public:
  explicit SameAnswers(std::uint64_t seed) : random_(seed) {
    auto opened = open(options_);
    EXPECT_TRUE(opened);
    writer_ = std::move(opened->writer);
    reader_ = open_reader(options_).value();
  }

  void write_and_ask() {
    for (int round = 0; round < 12; ++round) {
      for (int group = 0; group < 5; ++group) commit();
      if (random_.chance(40)) prune();
      for (int question = 0; question < 6; ++question) ask();
      if (round % 4 == 0) ask_in_pages();
      if (::testing::Test::HasFailure()) return;
    }
    expect_same_state();
  }

 private:
  void commit() {
    std::vector<model::Event> events = history_.next_group();
    std::vector<model::Event> copy = events;
    const interface::AliveMark mark{.at = at(history_.now()), .boot_id = "b"};
    ASSERT_TRUE(writer_->commit(events, mark));
    ASSERT_TRUE(memory_writer_->commit(copy, mark));
    ASSERT_EQ(events, copy);
  }

  void prune() {
    const auto before = at(history_.now() - static_cast<std::int64_t>(random_.below(60)));
    // Sometimes the clock has been set back since.
    const auto now =
        random_.chance(30) ? before + std::chrono::seconds{random_.below(20)} : base::UtcTime::max();
    const std::size_t max_rows = random_.chance(30) ? random_.below(20) : 100'000;
    const interface::AgeLimit age{.before = before, .now = now};
    EXPECT_EQ(writer_->prune(age, max_rows).value(), memory_writer_->prune(age, max_rows).value());
  }

  base::UtcTime some_time() {
    return at(random_.between<std::int64_t>(-60, std::max<std::int64_t>(history_.now(), 0) + 10));
  }

  net::PortQuery some_port() {
    net::PortQuery port{.port = base::Port{static_cast<std::uint16_t>(8000 + random_.below(5))},
                        .protocol = {},
                        .address = {}};
    if (random_.chance(30)) port.protocol = random_.chance(50) ? net::Protocol::kTcp : net::Protocol::kUdp;
    if (random_.chance(30)) port.address = net::IpAddress();
    return port;
  }

  model::EventQuery some_question() {
    const std::vector<std::string> programs{"node", "nginx post", "s", "nobody"};
    const std::vector<std::string> units{"nginx.service", "node.service", "none.service"};
    model::EventQuery query;
    if (random_.chance(40)) query.port = some_port();
    if (random_.chance(25)) query.since = some_time();
    if (random_.chance(25)) query.until = some_time();
    for (std::uint64_t i = 0, count = random_.chance(40) ? random_.below(4) : 0; i < count; ++i)
      query.kinds.push_back(
          static_cast<model::EventKind>(random_.below(base::kEnumNames<model::EventKind>.size())));
    if (random_.chance(25)) query.program = random_.pick(programs);
    if (random_.chance(20)) query.user = random_.pick(programs);
    if (random_.chance(20)) query.unit = random_.pick(units);
    if (random_.chance(30)) query.after = base::Seq{random_.between<std::int64_t>(0, 200)};
    query.newest_first = random_.chance(50);
    query.limit = 1 + random_.below(random_.chance(50) ? 10 : 1000);
    query.max_bytes = random_.chance(50) ? random_.below(20'000) : 100'000'000;
    return query;
  }

  void ask() {
    const model::EventQuery query = some_question();
    const auto page = reader_->events(query);
    const auto expected = memory_reader_->events(query).value();
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->events, expected.events);
    EXPECT_EQ(page->next, expected.next);

    model::PastQuery past{.at = some_time(), .port = {}, .after = {}};
    if (random_.chance(50)) past.port = some_port();
    const auto listeners = reader_->listeners_at(past);
    ASSERT_TRUE(listeners) << listeners.error().message;
    EXPECT_TRUE(std::ranges::equal(listeners->listeners, memory_reader_->listeners_at(past).value().listeners,
                                   [](const auto& a, const auto& b) { return *a == *b; }));

    model::AlertQuery alerts{.limit = 1 + random_.below(20)};
    if (random_.chance(50))
      alerts.states = {static_cast<model::AlertState>(random_.below(4)), model::AlertState::kOpen};
    if (random_.chance(30)) alerts.after = base::AlertId{random_.between<std::int64_t>(0, 20)};
    EXPECT_EQ(reader_->alerts(alerts).value().alerts, memory_reader_->alerts(alerts).value().alerts);
  }

  /// Everything that answers the query, from pages of 1 to `largest` items.
  template <typename Query, typename Page, typename Item>
  std::vector<Item> join(base::Result<Page> (interface::EventReader::*read)(const Query&),
                         std::vector<Item> Page::* items, Query query, std::size_t largest) {
    std::vector<Item> joined;
    while (true) {
      query.limit = random_.between<std::size_t>(1, largest);
      const auto page = ((*reader_).*read)(query);
      EXPECT_TRUE(page) << page.error().message;
      if (!page) return joined;
      const std::vector<Item>& found = (*page).*items;
      EXPECT_LE(found.size(), query.limit);
      joined.insert(joined.end(), found.begin(), found.end());
      if (!page->next) return joined;
      query.after = page->next;
    }
  }

  /// Pages of any sizes, joined, are the whole answer.
  void ask_in_pages() {
    model::EventQuery query = some_question();
    query.limit = model::kMaxPage;
    query.max_bytes = 100'000'000;
    const auto whole = memory_reader_->events(query).value();
    ASSERT_FALSE(whole.next) << "the history is longer than what one page can hold";
    EXPECT_EQ(join(&interface::EventReader::events, &model::EventPage::events, query, 7), whole.events);

    const auto alerts = memory_reader_->alerts({.max_bytes = 100'000'000}).value();
    ASSERT_FALSE(alerts.next);
    EXPECT_EQ(join(&interface::EventReader::alerts, &model::AlertPage::alerts, {}, 5), alerts.alerts);

    const model::PastQuery past{.at = some_time(), .port = {}, .after = {}, .max_bytes = 100'000'000};
    const auto listeners = memory_reader_->listeners_at(past).value();
    ASSERT_FALSE(listeners.next);
    EXPECT_TRUE(
        std::ranges::equal(join(&interface::EventReader::listeners_at, &model::PastPage::listeners, past, 3),
                           listeners.listeners, [](const auto& a, const auto& b) { return *a == *b; }));
  }

  void expect_same_state() {
    writer_.reset();
    reader_.reset();
    const interface::RestoredState state = open(options_).value().state;
    interface::RestoredState expected = memory_.state();
    EXPECT_EQ(state.last_seq, expected.last_seq);
    EXPECT_EQ(state.last_alert_id, expected.last_alert_id);
    EXPECT_EQ(state.last_generation, expected.last_generation);
    EXPECT_EQ(state.alerts, expected.alerts);
    EXPECT_EQ(state.baseline, expected.baseline);
    const auto by_port = [](const model::ListenerRef& listener) {
      return std::make_pair(listener->socket.endpoint.port, listener->key);
    };
    auto listeners = state.open_listeners;
    std::ranges::sort(listeners, {}, by_port);
    std::ranges::sort(expected.open_listeners, {}, by_port);
    EXPECT_TRUE(std::ranges::equal(listeners, expected.open_listeners,
                                   [](const auto& a, const auto& b) { return *a == *b; }));
  }

  Random random_;
  test::RandomHistory history_{random_};
  test::TempDir folder_;
  Options options_{.path = folder_ / "portwatch.db", .machine_hash = std::nullopt};
  std::unique_ptr<interface::EventWriter> writer_;
  std::unique_ptr<interface::EventReader> reader_;
  test::MemoryEventStore memory_;
  std::unique_ptr<interface::EventWriter> memory_writer_ = memory_.writer();
  std::unique_ptr<interface::EventReader> memory_reader_ = memory_.reader();
};

TEST(Store, AnswersAsAPlainListOfTheSameEventsWould) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    SameAnswers(seed).write_and_ask();
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace portwatch::store
