// SPDX-License-Identifier: Apache-2.0
// Questions are index look-ups: SQLite's plans for every statement that the store really runs, and how the
// work grows with the history.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "daemon/store/event_reader.h"
#include "daemon/store/event_writer.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

/// Every statement that a connection runs while this lives.
class StatementLog {
 public:
  explicit StatementLog(Database& database) : connection_(database.handle()) {
    sqlite3_trace_v2(
        connection_, SQLITE_TRACE_STMT,
        [](unsigned, void* self, void*, void* sql) {
          const std::string text = static_cast<const char*>(sql);
          if (!text.starts_with("--")) static_cast<StatementLog*>(self)->statements_.insert(text);
          return 0;
        },
        this);
  }
  ~StatementLog() { sqlite3_trace_v2(connection_, 0, nullptr, nullptr); }
  StatementLog(const StatementLog&) = delete;
  StatementLog& operator=(const StatementLog&) = delete;

  [[nodiscard]] const std::set<std::string>& statements() const { return statements_; }

 private:
  sqlite3* connection_;
  std::set<std::string> statements_;
};

std::vector<std::string> plan_of(Database& database, const std::string& sql) {
  std::vector<std::string> steps;
  auto statement = Statement::prepare(database, "EXPLAIN QUERY PLAN " + sql);
  EXPECT_TRUE(statement) << sql;
  if (!statement) return steps;
  Run run = statement->run();
  while (run.step().value_or(false)) steps.push_back(run.text(3));
  return steps;
}

/// Tables whose rows grow with the history. None of them may be walked whole.
bool walks_history(const std::string& step) {
  for (const std::string table :
       {"event", "listener", "listener_owner", "process", "string", "assessment", "service"})
    if (step == "SCAN " + table || step.starts_with("SCAN " + table + " ")) return true;
  return false;
}

class QueryPlanTest : public ::testing::Test {
 protected:
  QueryPlanTest() : opened_(open(options_).value()) {
    auto database =
        Database::open(std::filesystem::canonical(options_.path), Access::kReadOnly, std::chrono::seconds{1});
    EXPECT_TRUE(database);
    reader_.emplace(*std::move(database));
    add_periods(1, 40);
  }

  SqliteEventWriter& writer() { return dynamic_cast<SqliteEventWriter&>(*opened_.writer); }

  /// Periods of one second each, one after another, on one port, by one program.
  void add_periods(std::int64_t first, std::int64_t last, std::uint16_t port = 8080) {
    std::vector<model::Event> log;
    for (std::int64_t generation = first; generation <= last; ++generation) {
      model::Listener listener = test::sample_listener(port, generation);
      if (generation == 1) {
        model::Process process = test::make_process();
        process.unit = "nginx.service";
        listener.owners = {test::share(process)};
      }
      log.push_back(test::opened_event(listener));
      log.push_back(test::closed_event(listener, generation + 1));
    }
    ASSERT_TRUE(writer().commit(log, {.at = test::at(last), .boot_id = "b"}));
  }

  void expect_lookups(Database& database, const StatementLog& log) {
    EXPECT_FALSE(log.statements().empty());
    for (const std::string& sql : log.statements()) {
      if (sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.starts_with("PRAGMA")) continue;
      for (const std::string& step : plan_of(database, sql)) {
        EXPECT_FALSE(walks_history(step)) << step << " in " << sql;
        EXPECT_EQ(step.find("TEMP B-TREE FOR ORDER"), std::string::npos) << step << " in " << sql;
      }
    }
  }

  /// The work of a question, in steps of SQLite's machine.
  template <class Question>
  std::int64_t work_of(Question question) {
    std::int64_t steps = 0;
    sqlite3* connection = reader_->database().handle();
    sqlite3_progress_handler(
        connection, 1, [](void* count) { return ++*static_cast<std::int64_t*>(count), 0; }, &steps);
    EXPECT_TRUE(question());
    sqlite3_progress_handler(connection, 0, nullptr, nullptr);
    return steps;
  }

  test::TempDir folder_;
  Options options_{.path = folder_ / "portwatch.db", .machine_hash = std::nullopt};
  Opened opened_;
  std::optional<SqliteEventReader> reader_;
};

net::PortQuery port() {
  return {.port = base::Port{8080}, .protocol = net::Protocol::kTcp, .address = {}};
}

TEST_F(QueryPlanTest, KnowsAWalkWhenItSeesOne) {
  const auto plan = plan_of(reader_->database(), "SELECT seq FROM event WHERE at_us > 5");
  EXPECT_TRUE(std::ranges::any_of(plan, walks_history));
}

TEST_F(QueryPlanTest, AnswersEveryQuestionAboutEventsByIndex) {
  std::vector<model::EventQuery> questions{
      {},
      {.newest_first = true},
      {.after = base::Seq{5}},
      {.port = port()},
      {.port = port(), .since = test::at(3), .kinds = {model::EventKind::kOpened}, .newest_first = true},
      {.kinds = {model::EventKind::kAlertRaised, model::EventKind::kAlertChanged}, .newest_first = true},
      {.since = test::at(3), .until = test::at(9)},
      {.program = "python"},
      {.program = "python", .user = "ana", .newest_first = true},
      {.unit = "nginx.service"},
  };
  for (const model::EventQuery& question : questions) {
    const StatementLog log(reader_->database());
    ASSERT_TRUE(reader_->events(question));
    // The look for fitting programs walks the programs that were ever seen, not the history of what they did.
    for (const std::string& sql : log.statements()) {
      if (sql.starts_with("SELECT a.id FROM assessment a ")) continue;
      for (const std::string& step : plan_of(reader_->database(), sql)) {
        EXPECT_FALSE(walks_history(step)) << step << " in " << sql;
        EXPECT_EQ(step.find("TEMP B-TREE FOR ORDER"), std::string::npos) << step << " in " << sql;
      }
    }
  }
}

TEST_F(QueryPlanTest, AnswersQuestionsAboutAlertsByIndex) {
  const StatementLog log(reader_->database());
  ASSERT_TRUE(reader_->alerts({}));
  ASSERT_TRUE(reader_->alerts({.states = {model::AlertState::kOpen, model::AlertState::kRejected}}));
  expect_lookups(reader_->database(), log);
}

TEST_F(QueryPlanTest, AnswersWhoListenedWhenByIndex) {
  const StatementLog log(reader_->database());
  ASSERT_EQ(reader_->listeners_at({.at = test::at(20), .port = port()}).value().listeners.size(), 1U);
  ASSERT_EQ(reader_->listeners_at({.at = test::at(20), .port = {}}).value().listeners.size(), 1U);
  expect_lookups(reader_->database(), log);
}

TEST_F(QueryPlanTest, WritesAndForgetsByIndex) {
  const StatementLog log(writer().database());
  model::Listener listener = test::sample_listener(9090, 1000);
  model::Event opened = test::opened_event(listener);
  opened.detail = model::OpenedDetail{.replaces = test::sample_listener(8080, 3).key, .replaces_seq = {}};
  std::vector<model::Event> group{
      opened, test::owner_changed_event(listener, {test::sample_owner(3)}, 1001),
      test::alert_event(model::EventKind::kAlertRaised, test::make_alert(1, listener), 1002),
      test::policy_event({test::make_baseline_entry(listener)}, 1003), test::closed_event(listener, 1004)};
  ASSERT_TRUE(writer().commit(group, {.at = test::at(1000), .boot_id = "b"}));
  ASSERT_EQ(writer().prune({.before = test::at(20), .now = test::at(1'000'000)}, 15).value(), 15U);
  expect_lookups(writer().database(), log);
}

TEST_F(QueryPlanTest, WorksNoMoreWhenTheHistoryGrows) {
  const auto who = [&] { return reader_->listeners_at({.at = test::at(20), .port = port()}); };
  const auto last_of_kind = [&] {
    return reader_->events({.kinds = {model::EventKind::kGap}, .newest_first = true, .limit = 10});
  };
  const auto last = [&] { return reader_->events({.port = port(), .newest_first = true, .limit = 10}); };
  const auto slice = [&] { return reader_->events({.since = test::at(18), .until = test::at(20)}); };
  const std::int64_t who_before = work_of(who);
  const std::int64_t last_before = work_of(last);
  const std::int64_t slice_before = work_of(slice);
  const std::int64_t kind_before = work_of(last_of_kind);
  add_periods(41, 2'000, 8081);
  EXPECT_LT(work_of(last_of_kind), kind_before * 2);
  EXPECT_LT(work_of(last), last_before * 2);
  // Within one block of events times are compared one by one.
  EXPECT_LT(work_of(who), who_before + 1024 * 8);
  EXPECT_LT(work_of(slice), slice_before + 1024 * 16);
}

}  // namespace
}  // namespace portwatch::store
