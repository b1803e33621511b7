// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/migrations.h"

#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/database_file.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

base::Status make_table(Database& database) {
  return database.execute("CREATE TABLE t (a INTEGER) STRICT");
}
base::Status add_column(Database& database) {
  return database.execute("ALTER TABLE t ADD COLUMN b INTEGER");
}
base::Status fail_half_way(Database& database) {
  PW_TRY(database.execute("ALTER TABLE t ADD COLUMN c INTEGER"));
  return base::fail(base::ErrorCode::kInternal, "half way");
}

class MigrationsTest : public ::testing::Test {
 protected:
  MigrationsTest() : database_(open()) {}

  Database open() {
    EXPECT_TRUE(create_file(folder_ / "test.db"));
    auto database = Database::open(folder_ / "test.db", Access::kReadWrite, std::chrono::milliseconds{1});
    EXPECT_TRUE(database);
    return *std::move(database);
  }
  std::int64_t version() { return database_.integer("PRAGMA user_version").value(); }
  std::int64_t columns() { return database_.integer("SELECT count(*) FROM pragma_table_info('t')").value(); }

  test::TempDir folder_;
  Database database_;
};

TEST_F(MigrationsTest, ClimbsFromWhereverTheDatabaseStands) {
  ASSERT_TRUE(migrate(database_, std::vector<Migration>{make_table}));
  EXPECT_EQ(version(), 1);
  ASSERT_TRUE(migrate(database_, std::vector<Migration>{make_table, add_column}));
  EXPECT_EQ(version(), 2);
  EXPECT_EQ(columns(), 2);
  ASSERT_TRUE(migrate(database_, std::vector<Migration>{make_table, add_column}));
  EXPECT_EQ(version(), 2);
}

TEST_F(MigrationsTest, DoesAStepWholeOrNotAtAll) {
  const base::Status status = migrate(database_, std::vector<Migration>{make_table, fail_half_way});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "half way");
  EXPECT_EQ(version(), 1) << "the step before stays done";
  EXPECT_EQ(columns(), 1);
}

TEST_F(MigrationsTest, RefusesASchemaBeyondOurs) {
  ASSERT_TRUE(migrate(database_, std::vector<Migration>{make_table, add_column}));
  const base::Status status = migrate(database_, std::vector<Migration>{make_table});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(version(), 2);
}

TEST_F(MigrationsTest, MakesOurSchemaWithTypedTables) {
  ASSERT_TRUE(migrate(database_, migrations()));
  EXPECT_EQ(version(), current_schema());
  EXPECT_GT(
      database_.integer("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict").value(),
      9);
  EXPECT_EQ(database_
                .integer("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict"
                         " AND name NOT LIKE 'sqlite_%'")
                .value(),
            0);
}

}  // namespace
}  // namespace portwatch::store
