// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/migrations.h"

#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/database_file.h"
#include "daemon/store/listener_loader.h"
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

/// A database of the first release, with a listener that has closed, and its holder.
TEST_F(MigrationsTest, KeepsEndsOfWhichNobodyNotedWhy) {
  ASSERT_TRUE(migrate(database_, migrations().first(1)));
  ASSERT_TRUE(database_.execute(R"sql(
      INSERT INTO string (id, bytes) SELECT column1, CAST(column2 AS BLOB)
        FROM (VALUES (1, 'boot'), (2, ''), (3, 'nginx'), (4, 'root'));
      INSERT INTO process (id, pid, start_us, started_at_us, name, is_exe_deleted, argv, is_argv_truncated,
        user, ancestors, attribution) VALUES (1, 7, 8, 9, 3, 0, 2, 0, 4, 2, 0);
      INSERT INTO service VALUES (1, 1, 0, 0, 80, 4, 3, 4);
      INSERT INTO assessment VALUES (1, 1, 3, 3, 4, 0, 0, 0, 0);
      INSERT INTO listener VALUES (1, 1, 1, 0, 5, 1, 6, 0, x'7f000001', 80, 2, NULL, 0, 0, 0, x'', 1, 10,
        NULL, 10, 0, 1, 20, NULL, 20, 0, 2, NULL);
      INSERT INTO listener_owner VALUES (1, 1, 1, 2))sql"));
  ASSERT_TRUE(migrate(database_, migrations()));
  ListenerLoader loader(database_);
  const auto listener = loader.load(1, 1, std::nullopt);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_FALSE((*listener)->closed);
  ASSERT_EQ((*listener)->owners.size(), 1U);
  EXPECT_EQ((*listener)->owners.front()->user, "root");
  EXPECT_EQ((*listener)->owners.front()->login, model::Login{});
  const auto closed = loader.load(1, 2, std::nullopt);
  ASSERT_TRUE(closed && (*closed)->closed);
  EXPECT_EQ((*closed)->ending, model::Ending{}) << "nobody noted why";
}

TEST_F(MigrationsTest, ForgetsTheNewStringsOfAProcessWithIt) {
  ASSERT_TRUE(migrate(database_, migrations()));
  ASSERT_TRUE(database_.execute(R"sql(
      INSERT INTO string (id, bytes) SELECT column1, CAST(column2 AS BLOB)
        FROM (VALUES (1, 'x'), (2, 'ana'), (3, '192.0.2.7'), (4, 'pts/3'), (5, 'web'));
      INSERT INTO process (id, pid, start_us, started_at_us, name, is_exe_deleted, argv, is_argv_truncated,
        ancestors, attribution, login_user, login_peer, terminal, container_name)
      VALUES (1, 7, 8, 9, 1, 0, 1, 0, 1, 0, 2, 3, 4, 5))sql"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM string WHERE uses = 0").value(), 0);
  ASSERT_TRUE(database_.execute("DELETE FROM process"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM string").value(), 0);
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

TEST_F(MigrationsTest, KeepsWhatTheFirstSchemaHeld) {
  ASSERT_TRUE(migrate(database_, migrations().first(1)));
  ASSERT_TRUE(database_.execute(R"sql(
    INSERT INTO string (id, bytes) VALUES (1, x'61'), (2, x'62'), (3, x'63');
    INSERT INTO service VALUES (1, 1, 0, 0, NULL, 0, 1, 1);
    INSERT INTO assessment VALUES (1, 1, 1, 1, 0, 0, 0, 0, 0);
    INSERT INTO listener (id, boot, netns, socket_kind, socket_value, generation, inode, protocol, address,
      port, device, uid, bind_intent, is_mptcp, redacted, assessment, opened_at_us, opened_boot_us,
      opened_precision, opened_seq)
    VALUES (1, 2, 7, 0, 1, 1, 1, 0, x'7f000001', 80, 3, 0, 0, 0, x'', 1, 0, 0, 0, 1))sql"));
  ASSERT_TRUE(migrate(database_, migrations()));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM listener WHERE network IS NULL").value(), 1);
  ASSERT_TRUE(database_.execute("DELETE FROM listener"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM string WHERE id IN (2, 3)").value(), 0)
      << "what only it used goes with it";
}

}  // namespace
}  // namespace portwatch::store
