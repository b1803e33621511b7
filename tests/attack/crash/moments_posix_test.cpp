// SPDX-License-Identifier: Apache-2.0
// Killed when it hurts most: while the database is made, while the first look is committed, while the log is
// folded into the file or old events are deleted, and while portwatchd is about to end.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>

#include "common/platform/descriptor.h"
#include "daemon/store/store.h"
#include "tests/attack/crash/stored_log.h"
#include "tests/attack/crash/told_and_stored.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/log_samples.h"
#include "tests/support/random.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::uint64_t kSeed = 0x6d6f6d656e74;

std::size_t count_of(const std::vector<Json>& events, std::string_view kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(events, [&](const Json& event) { return event.at("kind") == kind; }));
}

std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

/// Lets so much time pass, and not a poll interval more.
void spin(microseconds time) {
  for (const auto end = Clock::now() + time; Clock::now() < end;) continue;
}

void kill_and_wait(DaemonHarness& daemon) {
  daemon.signal(SIGKILL);
  ASSERT_TRUE(daemon.wait());
}

TEST(KilledWhileItMakesItsDatabase, MakesItAtTheNextStart) {
  Random random(kSeed);
  SCOPED_TRACE(random.seed());
  const int kills = DaemonHarness::runs_sanitized_programs() ? 8 : 15;
  for (int i = 0; i < kills; ++i) {
    DaemonHarness daemon;
    const auto database = daemon.state() / "portwatch.db";
    daemon.launch();
    while (!std::filesystem::exists(database)) continue;
    spin(microseconds{random.below(8000)});
    kill_and_wait(daemon);
    ASSERT_TRUE(daemon.start()) << daemon.log();
    EXPECT_EQ(daemon.log().find("damaged"), std::string::npos) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(integrity_of(database), "ok");
  }
}

TEST(KilledWhileItStoresItsFirstLook, HasStoredAllOfItOrNothing) {
  Random random(kSeed + 1);
  SCOPED_TRACE(random.seed());
  std::vector<ListeningSocket> sockets(300);
  const int kills = DaemonHarness::runs_sanitized_programs() ? 4 : 6;
  const std::uint64_t longest = DaemonHarness::runs_sanitized_programs() ? 400'000 : 60'000;
  std::size_t whole = 0;
  for (int i = 0; i < kills; ++i) {
    DaemonHarness daemon;
    const auto database = daemon.state() / "portwatch.db";
    daemon.launch();
    // The schema, and what the start says, are a few pages.
    ASSERT_TRUE(wait_until([&] { return size_of(database.native() + "-wal") > 0; }));
    const auto before = size_of(database.native() + "-wal");
    ASSERT_TRUE(wait_until([&] { return size_of(database.native() + "-wal") != before; }));
    spin(microseconds{random.below(longest)});
    kill_and_wait(daemon);
    const auto stored = stored_events(database, {});
    ASSERT_TRUE(stored);
    const std::size_t opened = count_of(*stored, "opened");
    EXPECT_TRUE(opened == 0 || opened >= sockets.size()) << opened;
    EXPECT_EQ(count_of(*stored, "policy_changed"), opened == 0 ? 0U : 1U);
    whole += opened == 0 ? 0U : 1U;

    ASSERT_TRUE(daemon.start());
    ASSERT_TRUE(daemon.looks_again());
    EXPECT_EQ(daemon.stop(), 0);
    const auto after = stored_events(database, {});
    ASSERT_TRUE(after);
    expect_no_holes(*after);
    EXPECT_EQ(count_of(*after, "opened"), std::max(opened, sockets.size()));
    EXPECT_EQ(count_of(*after, "closed"), 0U);
    EXPECT_EQ(count_of(*after, "alert_raised"), 0U) << "what was there at first is known";
    EXPECT_EQ(count_of(*after, "policy_changed"), 1U);
  }
  std::printf("of %d first looks %zu were stored\n", kills, whole);
}

TEST(KilledWhileItEnds, KeepsWhatItTold) {
  Random random(kSeed + 2);
  SCOPED_TRACE(random.seed());
  DaemonHarness daemon;
  std::vector<ListeningSocket> sockets;
  std::map<std::int64_t, Json> told;
  const int kills = DaemonHarness::runs_sanitized_programs() ? 6 : 10;
  for (int i = 0; i < kills; ++i) {
    ASSERT_TRUE(daemon.start());
    const auto client = daemon.client();
    ASSERT_TRUE(client->call("events.subscribe").is_object());
    for (int more = 0; more < 10; ++more) sockets.emplace_back();
    ASSERT_TRUE(daemon.looks_again(1));
    daemon.signal(SIGTERM);
    spin(microseconds{random.below(20'000)});
    kill_and_wait(daemon);
    while (!client->has_ended())
      if (const Json message = client->notification();
          message.is_object() && message.value("method", "") == "event") {
        const Json& event = message.at("params").at("event");
        told.emplace(event.at("seq"), event);
      }
  }
  const auto stored = stored_events(daemon.state() / "portwatch.db", {});
  ASSERT_TRUE(stored);
  expect_no_holes(*stored);
  expect_stored(told, *stored);
  EXPECT_EQ(integrity_of(daemon.state() / "portwatch.db"), "ok");
}

/// What a daemon's writer does in ten minutes, in a row: commits, and after each of them a step of pruning,
/// so that the log is folded into the file again and again.
/// It writes a byte for each round.
[[noreturn]] void write_and_prune(const std::filesystem::path& database, int rounds) {
  auto opened = store::open({.path = database, .machine_hash = {}});
  if (!opened) ::_exit(1);
  std::int64_t generation = opened->state.last_generation;
  while (true) {
    std::vector<model::Event> events;
    for (int i = 0; i < 50; ++i) {
      model::Listener listener = sample_listener(static_cast<std::uint16_t>(2000 + i), ++generation);
      events.push_back(opened_event(listener));
      events.push_back(closed_event(listener, 1'000));
    }
    if (!opened->writer->commit(events, {.at = at(2'000), .boot_id = "boot"})) ::_exit(2);
    if (!opened->writer->prune({.before = at(1'500), .now = at(1'000'000)}, 70)) ::_exit(3);
    if (::write(rounds, "x", 1) != 1) ::_exit(4);
  }
}

TEST(KilledWhileItPrunes, LeavesALogThatBeginsLaterAndHasNoHole) {
  Random random(kSeed + 3);
  SCOPED_TRACE(random.seed());
  const TempDir folder;
  const auto database = folder / "portwatch.db";
  std::int64_t last = 0, first = 1;
  for (int i = 0; i < 6; ++i) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const platform::Descriptor read_end(ends[0]);
    platform::Descriptor write_end(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_and_prune(database, write_end.get());
    write_end.reset();
    char round = 0;
    ASSERT_EQ(::read(read_end.get(), &round, 1), 1) << "it has pruned once";
    spin(microseconds{random.below(150'000)});
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
    ASSERT_EQ(integrity_of(database), "ok");
    const auto stored = stored_events(database, {});
    ASSERT_TRUE(stored);
    if (stored->empty()) continue;
    EXPECT_GE(stored->front().at("seq"), first);
    EXPECT_GE(stored->back().at("seq"), last);
    first = stored->front().at("seq");
    last = stored->back().at("seq");
    EXPECT_EQ(last - first + 1, std::ssize(*stored));
  }
  EXPECT_GT(first, 1) << "nothing was pruned";
}

}  // namespace
}  // namespace portwatch::test
