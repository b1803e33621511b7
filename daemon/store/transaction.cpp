// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/transaction.h"

namespace portwatch::store {

base::Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  PW_TRY(database.run(kind == Kind::kRead ? "BEGIN" : "BEGIN IMMEDIATE").finish());
  return Transaction(database);
}

base::Status Transaction::commit() {
  base::Status committed = database_->run("COMMIT").finish();
  if (committed)
    database_ = nullptr;
  else
    rollback();
  return committed;
}

void Transaction::rollback() {
  Database* database = std::exchange(database_, nullptr);
  // SQLite has already rolled back by itself after some errors, a full disk among them.
  if (database == nullptr || !database->is_in_transaction()) return;
  (void)database->run("ROLLBACK").finish();  // can only fail when there is nothing to roll back
}

}  // namespace portwatch::store
