// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/transaction.h"

#include <gtest/gtest.h>

#include "daemon/store/database_file.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() : database_(open()) {
    EXPECT_TRUE(database_.execute("CREATE TABLE t (a INTEGER) STRICT"));
  }

  Database open() {
    EXPECT_TRUE(create_file(folder_ / "test.db"));
    auto database = Database::open(folder_ / "test.db", Access::kReadWrite, std::chrono::milliseconds{1});
    EXPECT_TRUE(database);
    EXPECT_TRUE(database->configure(Access::kReadWrite));
    return *std::move(database);
  }
  Transaction begin() {
    auto transaction = Transaction::begin(database_, Transaction::Kind::kWrite);
    EXPECT_TRUE(transaction);
    return *std::move(transaction);
  }
  void insert() { EXPECT_TRUE(database_.run("INSERT INTO t VALUES (1)").finish()); }
  std::int64_t rows() { return database_.run("SELECT count(*) FROM t").integer_or_none().value().value(); }

  test::TempDir folder_;
  Database database_;
};

TEST_F(TransactionTest, RollsBackWhatWasNotCommitted) {
  {
    const Transaction transaction = begin();
    insert();
  }
  EXPECT_EQ(rows(), 0);
}

TEST_F(TransactionTest, LeavesATransactionAloneThatBeganAfterItsOwnEnd) {
  {
    Transaction first = begin();
    insert();
    first.rollback();
    Transaction second = begin();
    insert();
    first.rollback();
    EXPECT_TRUE(database_.is_in_transaction());
    ASSERT_TRUE(second.commit());
    Transaction third = begin();
    second.rollback();
    EXPECT_TRUE(database_.is_in_transaction());
  }
  EXPECT_EQ(rows(), 1);
}

TEST_F(TransactionTest, TakesTheWriteLockAtOnce) {
  const Transaction transaction = begin();
  auto other = Database::open(folder_ / "test.db", Access::kReadWrite, std::chrono::milliseconds{1});
  ASSERT_TRUE(other);
  const auto second = Transaction::begin(*other, Transaction::Kind::kWrite);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(Transaction::begin(*other, Transaction::Kind::kRead)) << "readers are not held up";
}

}  // namespace
}  // namespace portwatch::store
