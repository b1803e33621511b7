// SPDX-License-Identifier: Apache-2.0
// portwatchd is killed by SIGKILL at random moments, from before it has opened its database to well after its
// first looks, while sockets come and go and while others watch.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/attack/crash/churn.h"
#include "tests/attack/crash/stored_log.h"
#include "tests/attack/crash/subscriber.h"
#include "tests/attack/crash/told_and_stored.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t kSeed = 0x6b696c6c2d39;

/// Sanitized programs take several times as long to start; what they add is seen with fewer kills.
int number_of_kills() {
  return DaemonHarness::runs_sanitized_programs() ? 40 : 200;
}

/// Also on a machine that is slow today.
milliseconds longest_moment() {
  return milliseconds{DaemonHarness::runs_sanitized_programs() ? 1200 : 450};
}

class Killed : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path database() const { return daemon.state() / "portwatch.db"; }

  /// Starts it and waits until it has stored its first look. Gives how long that took.
  milliseconds begin() {
    const auto before = Clock::now();
    EXPECT_TRUE(daemon.start());
    EXPECT_TRUE(wait_until([&] { return daemon.events_on(stayers.front().port()).size() == 1; }));
    for (const ListeningSocket& socket : stayers)
      for (const Json& listener : daemon.listeners_on(socket.port()))
        places_that_stay.insert(place_of(listener));
    EXPECT_GE(places_that_stay.size(), stayers.size());
    return std::chrono::duration_cast<milliseconds>(Clock::now() - before);
  }

  void die() {
    daemon.signal(SIGKILL);
    ASSERT_EQ(daemon.wait(), 128 + SIGKILL) << daemon.log();
    ASSERT_EQ(daemon.log().find("damaged"), std::string::npos) << daemon.log();
    auto more = stored_events(database(), {static_cast<std::int64_t>(stored.size())});
    ASSERT_TRUE(more);
    std::ranges::move(*more, std::back_inserter(stored));
  }

  void live(milliseconds moment) {
    daemon.launch();
    const auto deadline = Clock::now() + moment;
    const bool is_over = wait_until(
        [&] {
          if (random.chance(5)) churn.step();
          return Clock::now() >= deadline;
        },
        2 * moment + kPatience);
    ASSERT_TRUE(is_over);
  }

  [[nodiscard]] bool has_opened(std::uint16_t port) const {
    return std::ranges::any_of(stored, [&](const Json& event) {
      return event.at("kind") == "opened" && event.at("listener").at("port") == port;
    });
  }

  /// While nobody watches: what opens, and what closes, must carry the gap later.
  void change_something_unseen() {
    if (!unseen_ports.empty() && random.chance(30)) {
      unseen.emplace_back(SocketWishes{.port = unseen_ports.back()});
      opened_unseen.push_back(unseen_ports.back());
      unseen_ports.pop_back();
    }
    if (unseen.empty() || !random.chance(20)) return;
    const std::size_t victim = random.below(unseen.size());
    if (!has_opened(unseen.at(victim).port())) return;
    closed_unseen.push_back(unseen.at(victim).port());
    std::swap(unseen.at(victim), unseen.back());
    unseen.pop_back();
  }

  /// The whole log once more, as portwatchd itself tells it.
  [[nodiscard]] std::vector<Json> asked() const {
    std::vector<Json> events;
    const auto client = daemon.client();
    Json page;
    do {
      Json params = Json::object();
      if (page.is_object()) params["after"] = page.at("next");
      page = client->call("events.list", params);
      if (!page.is_object()) return events;
      for (Json& event : page.at("events")) events.push_back(std::move(event));
    } while (!page.at("next").is_null());
    return events;
  }

  Random random{kSeed};
  std::vector<ListeningSocket> stayers = sockets_that_stay();
  std::set<std::string> places_that_stay;
  const std::vector<std::uint16_t> named = named_ports(120);
  const std::set<std::uint16_t> ports_that_may_alarm{named.begin(), named.end()};
  Churn churn{kSeed + 1, {named.begin(), named.begin() + 20}};
  std::vector<std::uint16_t> unseen_ports{named.begin() + 20, named.end()};
  std::vector<ListeningSocket> unseen;
  std::vector<std::uint16_t> opened_unseen, closed_unseen;
  DaemonHarness daemon;
  std::vector<Json> stored;
};

/// What `portwatchctl watch --json` has printed, by seq.
std::map<std::int64_t, Json> printed_events(const std::string& text) {
  std::map<std::int64_t, Json> events;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Json event = Json::parse(line, nullptr, false);
    EXPECT_TRUE(event.is_object()) << line;
    const std::int64_t seq = event.at("seq");
    EXPECT_TRUE(events.emplace(seq, std::move(event)).second) << "printed twice: " << line;
  }
  return events;
}

TEST_F(Killed, NothingThatWasToldIsLostAndNothingIsMadeUp) {
  SCOPED_TRACE(testing::Message() << "seed " << random.seed());
  const milliseconds longest = std::clamp(3 * begin(), milliseconds{150}, longest_moment());
  Subscriber subscriber(daemon.socket(), kSeed + 2);
  ChildProcess program(daemon.ctl_argv({"watch", "--json", "--after", "0"}));
  ASSERT_TRUE(wait_until([&] { return !program.out().empty(); })) << program.err();
  die();
  for (int kill = 1; kill < number_of_kills() && !HasFatalFailure(); ++kill) {
    SCOPED_TRACE(testing::Message() << "kill " << kill);
    change_something_unseen();
    live(milliseconds{random.below(static_cast<std::uint64_t>(longest.count()))});
    die();
    ASSERT_TRUE(program.is_running()) << program.err();
  }

  ASSERT_FALSE(HasFatalFailure());

  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.looks_again(5));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(integrity_of(database()), "ok");
  const auto on_disk = stored_events(database(), {});
  ASSERT_TRUE(on_disk);
  stored = *on_disk;
  expect_no_holes(stored);
  expect_ordered_gaps(stored);
  expect_undisturbed(places_that_stay, stored);
  expect_alarms_only_about(ports_that_may_alarm, stored);
  for (const std::uint16_t port : opened_unseen) expect_within_a_gap(port, "opened", stored);
  for (const std::uint16_t port : closed_unseen) expect_within_a_gap(port, "closed", stored);
  expect_acknowledged(subscriber.acknowledged(), stored);

  ASSERT_TRUE(daemon.start());
  const auto last = static_cast<std::int64_t>(stored.size());
  EXPECT_TRUE(wait_until([&] { return subscriber.last_seq() >= last; }));
  EXPECT_TRUE(wait_until([&] { return std::ranges::count(program.out(), '\n') >= last; }))
      << "of " << last << " it printed " << printed_events(program.out()).size() << " and said "
      << program.err();
  const std::vector<Json> now = asked();
  ASSERT_GE(now.size(), stored.size());
  EXPECT_TRUE(std::equal(stored.begin(), stored.end(), now.begin())) << "asked, it tells otherwise";
  expect_stored(subscriber.told(), now);
  expect_stored(printed_events(program.out()), now);
  EXPECT_GT(subscriber.sessions(), number_of_kills() / 20);
  std::printf(
      "%d kills up to %lld ms after the start: %zu events, %zu opened and %zu closed unseen, %d sessions of "
      "the subscriber, %zu acknowledgements\n",
      number_of_kills(), static_cast<long long>(longest.count()), stored.size(), opened_unseen.size(),
      closed_unseen.size(), subscriber.sessions(), subscriber.acknowledged().size());
}

}  // namespace
}  // namespace portwatch::test
