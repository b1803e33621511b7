// SPDX-License-Identifier: Apache-2.0
#pragma once

// A transaction that ends: committed by its owner, or rolled back when it goes.

#include "common/base/error.h"
#include "daemon/store/database.h"

namespace portwatch::store {

class [[nodiscard]] Transaction {
 public:
  enum class Kind {
    kRead,   ///< one consistent picture for several statements
    kWrite,  ///< takes the write lock at once, so that it cannot be lost half way
  };

  [[nodiscard]] static base::Result<Transaction> begin(Database& database, Kind kind);

  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  /// Errors: as sqlite_error(); then nothing is committed and the transaction is over.
  [[nodiscard]] base::Status commit();
  void rollback();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  ///< null: it is over
};

}  // namespace portwatch::store
