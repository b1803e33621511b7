// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/statement.h"

#include <limits>

#include <gtest/gtest.h>

#include "daemon/store/database.h"
#include "daemon/store/database_file.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

class StatementTest : public ::testing::Test {
 protected:
  StatementTest() {
    const auto path = folder_ / "test.db";
    EXPECT_TRUE(create_file(path));
    auto database = Database::open(path, Access::kReadWrite, std::chrono::milliseconds{1});
    EXPECT_TRUE(database);
    database_.emplace(*std::move(database));
    EXPECT_TRUE(database_->execute("CREATE TABLE t (a ANY) STRICT"));
  }

  test::TempDir folder_;
  std::optional<Database> database_;
};

TEST_F(StatementTest, KeepsTheTypeAndTheBytesOfEveryValue) {
  const std::string bytes("\0'\xff", 3);
  ASSERT_TRUE(database_
                  ->run("INSERT INTO t VALUES (?1), (?2), (?3), (?4), (?5)", std::int64_t{-7}, Blob{bytes},
                        Text{"text"}, std::optional<std::int64_t>(), Blob{{}})
                  .finish());
  store::Run run = database_->run("SELECT a, typeof(a) FROM t ORDER BY rowid");
  ASSERT_TRUE(run.step().value());
  EXPECT_EQ(run.integer(0), -7);
  ASSERT_TRUE(run.step().value());
  EXPECT_EQ(run.bytes(0), bytes);
  EXPECT_EQ(run.text(1), "blob");
  ASSERT_TRUE(run.step().value());
  EXPECT_EQ(run.text(1), "text");
  ASSERT_TRUE(run.step().value());
  EXPECT_TRUE(run.is_null(0));
  EXPECT_EQ(run.optional_integer(0), std::nullopt);
  ASSERT_TRUE(run.step().value());
  EXPECT_EQ(run.text(1), "blob");
  EXPECT_EQ(run.bytes(0), "");
  EXPECT_FALSE(run.step().value());
}

TEST_F(StatementTest, ForgetsTheValuesOfTheLastRun) {
  ASSERT_TRUE(database_->run("INSERT INTO t VALUES (?1)", 5).finish());
  ASSERT_TRUE(database_->run("INSERT INTO t VALUES (?1)").finish());
  EXPECT_EQ(database_->run("SELECT count(*) FROM t WHERE a IS NULL").integer_or_none().value(), 1);
}

TEST_F(StatementTest, CanRunAgainAfterARunThatWasLeftHalfWay) {
  ASSERT_TRUE(database_->run("INSERT INTO t VALUES (1), (2)").finish());
  for (int i = 0; i < 2; ++i) {
    store::Run run = database_->run("SELECT a FROM t ORDER BY a");
    ASSERT_TRUE(run.step().value());
    EXPECT_EQ(run.integer(0), 1);
  }
}

TEST_F(StatementTest, ReportsWhatFailedAtTheNextStep) {
  EXPECT_EQ(database_->run("SELECT nonsense FROM t").finish().error().code, base::ErrorCode::kInternal);
  EXPECT_FALSE(database_->run("SELECT 1", 5).finish()) << "a value too many";
  ASSERT_TRUE(database_->execute("CREATE TABLE u (a INTEGER CHECK (a > 0)) STRICT"));
  EXPECT_EQ(database_->run("INSERT INTO u VALUES (?1)", -1).finish().error().code,
            base::ErrorCode::kInvalidArgument);
}

TEST_F(StatementTest, SaysUnavailableWhenAnotherConnectionHoldsTheLock) {
  auto other = Database::open(folder_ / "test.db", Access::kReadWrite, std::chrono::milliseconds{1});
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  EXPECT_EQ(database_->run("INSERT INTO t VALUES (1)").finish().error().code, base::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace portwatch::store
