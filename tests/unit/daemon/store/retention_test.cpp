// SPDX-License-Identifier: Apache-2.0
// What forgetting leaves in the file: nothing that only the forgotten used, and the space comes back.

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/event_writer.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() : opened_(open(options_).value()) {}

  SqliteEventWriter& writer() { return dynamic_cast<SqliteEventWriter&>(*opened_.writer); }
  Database& database() { return writer().database(); }
  std::int64_t rows(const std::string& table) {
    return database().integer("SELECT count(*) FROM " + table).value();
  }

  /// Periods of a second, one after another, all on one port; by programs that are all different, or by one.
  void fill(std::int64_t periods, bool are_programs_different = true) {
    std::vector<model::Event> log;
    for (std::int64_t generation = 1; generation <= periods; ++generation) {
      model::Listener listener = test::sample_listener(8080, generation);
      const std::string name = !are_programs_different
                                   ? "program"
                                   : "program-" + std::to_string(generation) + std::string(500, 'x');
      listener.owners = {test::sample_owner(static_cast<std::int32_t>(generation), name)};
      listener.program.id = name;
      listener.program.label = name;
      listener.service.program = name;
      log.push_back(test::opened_event(listener));
      log.push_back(test::closed_event(listener, generation + 1));
    }
    ASSERT_TRUE(writer().commit(log, {.at = test::at(0), .boot_id = "b"}));
  }

  void prune_all(std::int64_t before) {
    while (writer().prune({.before = test::at(before), .now = test::at(1'000'000)}, 50).value() == 50)
      continue;
  }

  test::TempDir folder_;
  Options options_{.path = folder_ / "portwatch.db", .machine_hash = std::nullopt};
  Opened opened_;
};

TEST_F(RetentionTest, LeavesNothingThatOnlyTheForgottenUsed) {
  fill(100);
  ASSERT_GT(rows("string"), 300);
  prune_all(1'000);
  for (const char* table :
       {"event", "listener", "listener_owner", "process", "assessment", "service", "string"})
    EXPECT_EQ(rows(table), 0) << table;
}

TEST_F(RetentionTest, KeepsWhatTheRemainingUse) {
  fill(100);
  prune_all(60);
  // Period 59 closed at 60: its end stays, and with it the period.
  EXPECT_EQ(rows("listener"), 42);
  EXPECT_EQ(rows("process"), 42);
  EXPECT_EQ(rows("service"), 42);
  EXPECT_EQ(rows("pragma_foreign_key_check"), 0);
  EXPECT_EQ(rows("string WHERE uses <= 0"), 0);
  EXPECT_EQ(rows("event_block"), 1);
}

TEST_F(RetentionTest, KeepsTheServicesOfTheBaseline) {
  model::Listener listener = test::sample_listener(8080, 1);
  std::vector<model::Event> log{test::opened_event(listener),
                                test::policy_event({test::make_baseline_entry(listener)}, 2),
                                test::closed_event(listener, 3)};
  ASSERT_TRUE(writer().commit(log, {.at = test::at(0), .boot_id = "b"}));
  prune_all(1'000);
  EXPECT_EQ(rows("listener"), 0);
  EXPECT_EQ(rows("service"), 1);
  EXPECT_EQ(rows("pragma_foreign_key_check"), 0);
  opened_.writer.reset();
  EXPECT_EQ(open(options_).value().state.baseline, std::vector{test::make_baseline_entry(listener)});
}

TEST_F(RetentionTest, CountsTheUsesOfAStringThatARowUsesTwice) {
  model::Listener listener = test::sample_listener(8080, 1);
  listener.program.label = listener.program.id;
  model::Process process = test::make_process(5);
  process.name = *process.cwd;
  listener.owners = {test::share(process)};
  std::vector<model::Event> log{test::opened_event(listener), test::closed_event(listener, 3)};
  ASSERT_TRUE(writer().commit(log, {.at = test::at(0), .boot_id = "b"}));
  EXPECT_EQ(rows("string WHERE uses <= 0"), 0);
  prune_all(1'000);
  EXPECT_EQ(rows("string"), 0);
}

TEST_F(RetentionTest, ForgetsWhoLetGoOfAListenerThatIsOpenStill) {
  model::Listener server = test::sample_listener(8080, 1);
  std::vector<model::Event> log{test::opened_event(server)};
  for (std::int32_t worker = 2; worker <= 100; ++worker)
    log.push_back(test::owner_changed_event(server, {test::sample_owner(worker)}, worker));
  ASSERT_TRUE(writer().commit(log, {.at = test::at(0), .boot_id = "b"}));
  prune_all(90);
  EXPECT_EQ(rows("event"), 11);
  EXPECT_EQ(rows("listener_owner"), 12) << "who left by an event that is left, and who holds it";
  EXPECT_EQ(rows("process"), 12);
}

TEST_F(RetentionTest, GivesTheSpaceBack) {
  fill(300);
  const std::int64_t before = database().integer("PRAGMA page_count").value();
  prune_all(100'000);
  ASSERT_TRUE(writer().prune({.before = test::at(0), .now = test::at(1'000'000)}, 50));
  EXPECT_LT(database().integer("PRAGMA page_count").value(), before / 4);
  EXPECT_EQ(database().integer("PRAGMA freelist_count").value(), 0);
}

TEST_F(RetentionTest, ForgetsABlockOfTimesOnlyWithItsLastEvent) {
  fill(1'030, false);  // seqs 1 to 2060: blocks 0, 1 and 2
  EXPECT_EQ(rows("event_block"), 3);
  while (writer().prune({.before = test::at(600), .now = test::at(1'000'000)}, 500).value() == 500) continue;
  EXPECT_EQ(rows("event_block"), 2);
  const auto reader = open_reader(options_).value();
  EXPECT_EQ(reader->events({.since = test::at(600), .until = test::at(602)}).value().events.size(), 4U);
}

}  // namespace
}  // namespace portwatch::store
