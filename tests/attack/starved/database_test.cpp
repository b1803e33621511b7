// SPDX-License-Identifier: Apache-2.0
// A database that was damaged in several ways, one that another program has locked, and one that it looked
// into.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/store/database.h"
#include "tests/attack/starved/watched.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class StoredDatabase : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon.start());
    ASSERT_TRUE(wait_until([&] { return daemon.events_on(known.port()).size() == 1; }));
    epoch = epoch_now();
  }
  [[nodiscard]] std::string epoch_now() const { return daemon.client()->call("status").at("epoch"); }
  [[nodiscard]] std::filesystem::path file(const char* suffix = "") const {
    return daemon.state() / (std::string("portwatch.db") + suffix).c_str();
  }
  [[nodiscard]] store::Database open() const {
    auto database = store::Database::open(std::filesystem::canonical(file()), store::Access::kReadWrite,
                                          std::chrono::seconds{5});
    PW_ASSERT(database.has_value());
    return *std::move(database);
  }
  void kill() {
    daemon.signal(SIGKILL);
    ASSERT_TRUE(daemon.wait());
  }
  /// What a commit finds.
  void damage() const { ASSERT_TRUE(open().execute("DELETE FROM meta")); }
  void damage_until_begun_anew() {
    damage();
    const ListeningSocket fresh;
    ASSERT_TRUE(daemon.has_said("portwatch.db.damaged-"));
    ASSERT_TRUE(wait_until([&] { return daemon.client()->is_connected() && epoch_now() != epoch; }));
  }
  /// Another history was begun, loudly, and what listens is watched.
  void expect_begun_anew() {
    EXPECT_TRUE(daemon.has_said("portwatch.db.damaged-"));
    expect_watching();
    EXPECT_NE(epoch_now(), epoch);
    EXPECT_TRUE(daemon.alerts_on(known.port()).empty()) << "it is the new baseline";
  }
  void expect_watching() {
    EXPECT_TRUE(daemon.sees(known.port()));
    const ListeningSocket fresh;
    EXPECT_TRUE(wait_until([&] { return stored(daemon, "opened", fresh.port()) == 1; }));
    EXPECT_EQ(store_problem(daemon), "");
  }

  const ListeningSocket known{{.port = free_named_port()}};
  DaemonHarness daemon;
  std::string epoch;
};

using DamagedDatabase = StoredDatabase;
using LockedDatabase = StoredDatabase;
using SharedDatabase = StoredDatabase;

TEST_F(DamagedDatabase, FullOfGarbageIsSetAside) {
  ASSERT_EQ(daemon.stop(), 0);
  std::ofstream(file()) << std::string(8192, 'x');
  ASSERT_TRUE(daemon.start());
  expect_begun_anew();
}

TEST_F(DamagedDatabase, EmptyOneWithItsLogLeftIsSetAside) {
  kill();
  ASSERT_TRUE(std::filesystem::exists(file("-wal")));
  std::filesystem::resize_file(file(), 0);
  ASSERT_TRUE(daemon.start());
  expect_begun_anew();
}

TEST_F(DamagedDatabase, EmptyOneBeginsANewHistoryAndSaysSo) {
  ASSERT_EQ(daemon.stop(), 0);
  std::filesystem::resize_file(file(), 0);
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(daemon.has_said("is new: what listens now becomes the baseline"));
  expect_watching();
}

TEST_F(DamagedDatabase, FolderInItsPlaceStopsTheStart) {
  ASSERT_EQ(daemon.stop(), 0);
  std::filesystem::remove(file());
  ASSERT_TRUE(std::filesystem::create_directory(file()));
  daemon.launch();
  EXPECT_EQ(daemon.wait(), 4);
  EXPECT_THAT(daemon.log(), HasSubstr("not a regular file; move it away"));
}

TEST_F(DamagedDatabase, GarbageInPlaceOfItsLogCostsNothingThatWasInTheFile) {
  ASSERT_EQ(daemon.stop(), 0);
  std::ofstream(file("-wal")) << std::string(100'000, 'x');
  ASSERT_TRUE(daemon.start());
  expect_watching();
  EXPECT_EQ(epoch_now(), epoch);
  EXPECT_EQ(daemon.events_on(known.port()).size(), 1U);
}

TEST_F(DamagedDatabase, CutInTheMiddleOfItsLogKeepsWhatIsBeforeTheCut) {
  kill();
  std::filesystem::resize_file(file("-wal"), std::filesystem::file_size(file("-wal")) / 2);
  ASSERT_TRUE(daemon.start());
  expect_watching();
  const std::int64_t last = daemon.client()->call("status").at("store").at("last_seq");
  EXPECT_GE(static_cast<std::int64_t>(whole_log(daemon).size()), last);
}

TEST_F(DamagedDatabase, WhoseDamageIsFoundWhileItRunsIsSetAsideWithoutARestart) {
  ASSERT_EQ(daemon.stop(), 0);
  std::int64_t page = 0, size = 0;
  {
    store::Database database = open();
    page = *database.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'event_block'");
    size = *database.integer("PRAGMA page_size");
  }
  {
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp((page - 1) * size);
    damaged << std::string(static_cast<std::size_t>(size), '\xff');
  }
  ASSERT_TRUE(daemon.start());
  const int pid = daemon.pid();
  EXPECT_TRUE(daemon.has_said("portwatch.db.damaged-"));
  EXPECT_TRUE(wait_until([&] { return daemon.client()->is_connected(); }));
  expect_begun_anew();
  EXPECT_EQ(daemon.pid(), pid);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(DamagedDatabase, FoundWhileItRunsCostsTheHistoryAndNothingThatIsKnown) {
  const ListeningSocket rejected({.port = free_named_port()});
  const ListeningSocket open_still({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(rejected.port()).size() == 1; }));
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(open_still.port()).size() == 1; }));
  const Json alert = daemon.alerts_on(open_still.port()).at(0);
  ASSERT_EQ(
      daemon.ctl({"alerts", "reject", daemon.alerts_on(rejected.port()).at(0).at("id").dump()}).exit_code, 0);
  damage_until_begun_anew();
  expect_watching();
  EXPECT_EQ(daemon.listeners_on(known.port()).at(0).at("verdict"), "known");
  EXPECT_EQ(stored(daemon, "opened", known.port()), 1U) << "the new log tells of it";
  EXPECT_EQ(daemon.listeners_on(rejected.port()).at(0).at("verdict"), "unknown");
  ASSERT_EQ(daemon.alerts_on(rejected.port()).size(), 1U);
  EXPECT_EQ(daemon.alerts_on(rejected.port()).at(0).at("state"), "rejected");
  ASSERT_EQ(daemon.alerts_on(open_still.port()).size(), 1U);
  EXPECT_EQ(daemon.alerts_on(open_still.port()).at(0), alert);
}

TEST_F(DamagedDatabase, TwiceInARowIsLeftToSomebodyWhoLooksAfterIt) {
  damage_until_begun_anew();
  damage();
  const ListeningSocket fresh;
  EXPECT_EQ(daemon.wait(), 6);
  EXPECT_THAT(daemon.log(), HasSubstr("the database before it was damaged too"));
}

TEST_F(LockedDatabase, IsWaitedForAndNothingIsLost) {
  std::vector<ListeningSocket> meanwhile;
  {
    store::Database other = open();
    ASSERT_TRUE(other.execute("BEGIN EXCLUSIVE"));
    meanwhile.emplace_back(SocketWishes{.port = free_named_port()});
    ASSERT_TRUE(gets_a_problem(daemon));
    EXPECT_THAT(store_problem(daemon), HasSubstr("locked"));
    meanwhile.emplace_back(SocketWishes{});
    EXPECT_TRUE(daemon.sees(meanwhile.back().port())) << "the live list goes on";
    EXPECT_EQ(daemon.events_on(known.port()).size(), 1U) << "what is stored can be read";
    EXPECT_TRUE(daemon.events_on(meanwhile.back().port()).empty());
    ASSERT_TRUE(other.execute("ROLLBACK"));
  }
  ASSERT_TRUE(recovers(daemon));
  EXPECT_EQ(daemon.alerts_on(meanwhile.front().port()).size(), 1U);
  EXPECT_EQ(stored(daemon, "opened", meanwhile.back().port()), 1U);
  EXPECT_EQ(count_of(whole_log(daemon), "gap"), 0U);
}

TEST_F(LockedDatabase, DoesNotLetADecisionBeHalfMade) {
  const ListeningSocket unknown({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(unknown.port()).size() == 1; }));
  const std::string id = daemon.alerts_on(unknown.port()).at(0).at("id").dump();
  store::Database other = open();
  ASSERT_TRUE(other.execute("BEGIN EXCLUSIVE"));
  const Outcome refused = daemon.ctl({"alerts", "approve", id});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("nothing was changed"));
  EXPECT_EQ(daemon.listeners_on(unknown.port()).at(0).at("verdict"), "unknown");
  ASSERT_TRUE(other.execute("ROLLBACK"));
  ASSERT_TRUE(recovers(daemon));
  EXPECT_EQ(daemon.alerts_on(unknown.port()).at(0).at("state"), "open");
  EXPECT_EQ(daemon.ctl({"alerts", "approve", id}).exit_code, 0);
  EXPECT_EQ(daemon.listeners_on(unknown.port()).at(0).at("verdict"), "known");
}

TEST_F(LockedDatabase, StopsTheStartAfterABoundedWait) {
  ASSERT_EQ(daemon.stop(), 0);
  store::Database other = open();
  ASSERT_TRUE(other.execute("BEGIN EXCLUSIVE"));
  daemon.launch();
  EXPECT_EQ(daemon.wait(), 6);
  EXPECT_THAT(daemon.log(), HasSubstr("locked"));
  ASSERT_TRUE(other.execute("ROLLBACK"));
  EXPECT_TRUE(daemon.start());
}

/// A look with sqlite3, a tool with windows, or a backup: it opens the database to write and closes it again.
TEST_F(SharedDatabase, LosesNothingByAnotherProgramThatComesAndGoes) {
  ASSERT_EQ(daemon.stop(), 0);  // a database that was there before the start
  ASSERT_TRUE(daemon.start());
  {
    store::Database other = open();
    ASSERT_GE(other.integer("SELECT count(*) FROM event").value(), 1);
    other.allow_checkpoint_on_close();
  }
  EXPECT_TRUE(std::filesystem::exists(file("-wal"))) << "the other one took itself for the last";
  std::uint16_t gone = 0;
  {
    const ListeningSocket passing;
    gone = passing.port();
    ASSERT_TRUE(wait_until([&] { return stored(daemon, "opened", gone) == 1; }));
  }
  const ListeningSocket unknown({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return stored(daemon, "closed", gone) == 1; }));
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(unknown.port()).size() == 1; }));
  const Json told = whole_log(daemon);
  kill();
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(epoch_now(), epoch);
  Json kept = whole_log(daemon);
  ASSERT_GE(kept.size(), told.size());
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(told.size()), kept.end());
  EXPECT_TRUE(kept == told) << "what was told is not what is stored";
  EXPECT_EQ(daemon.alerts_on(unknown.port()).size(), 1U);
}

}  // namespace
}  // namespace portwatch::test
