// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "common/base/assert.h"
#include "daemon/store/sqlite_error.h"

namespace portwatch::store {

void Database::Close::operator()(sqlite3* connection) const noexcept {
  // SQLITE_BUSY here means that a statement outlives its database: a bug of ours.
  PW_ASSERT(sqlite3_close(connection) == SQLITE_OK);
}

base::Result<Database> Database::open(const std::filesystem::path& path, Access access,
                                      base::Micros busy_timeout) {
  sqlite3* raw = nullptr;
  const int flags = (access == Access::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.string().c_str(), &raw, flags, nullptr);
  Database database(raw);  // also a failed open leaves a connection to close
  if (code != SQLITE_OK)
    return std::unexpected(sqlite_error(fmt::format("opening the database {}", path.string()), code, raw));
  // Wait this long for another connection's lock, inside SQLite, instead of failing at once.
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(busy_timeout);
  (void)sqlite3_busy_timeout(raw, static_cast<int>(wait.count()));  // cannot fail
  (void)sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // A file that somebody prepared must not make us run SQL of its own in surprising ways.
  (void)sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return database;
}

base::Status Database::initialize() {
  // One transaction: a file with half of it would be taken for another program's.
  PW_TRY(execute("BEGIN"));
  // Pages that retention frees go back to the file system in small steps. Must stand before the first table.
  base::Status written = execute("PRAGMA auto_vacuum = INCREMENTAL");
  if (written) written = execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  if (written) written = execute("COMMIT");
  if (!written && is_in_transaction()) (void)execute("ROLLBACK");  // what is told is why
  return written;
}

base::Status Database::configure(Access access) {
  // Functions and virtual tables that a schema names are not trusted: the file may have been prepared by
  // somebody.
  PW_TRY(execute("PRAGMA trusted_schema = OFF"));
  // A damaged page is noticed when it is read, not when it has done harm.
  PW_TRY(execute("PRAGMA cell_size_check = ON"));
  if (access == Access::kReadOnly) {
    // The connection could not write anyway; this says so to SQLite's planner too.
    return execute("PRAGMA query_only = ON");
  }
  // Readers do not stop the writer, the writer does not stop readers, and a commit is one append.
  PW_TRY(execute("PRAGMA journal_mode = WAL"));
  // In WAL mode a commit needs no fsync to survive the death of the process. Groups with an alert ask for
  // more.
  PW_TRY(execute("PRAGMA synchronous = NORMAL"));
  // A row that names another one that is not there is a bug that must not be stored.
  PW_TRY(execute("PRAGMA foreign_keys = ON"));
  // After a checkpoint a log that a slow reader let grow is cut back to this.
  return execute("PRAGMA journal_size_limit = 16777216");
}

void Database::allow_checkpoint_on_close() {
  (void)sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

base::Status Database::set_sync(Sync sync) {
  if (sync == sync_) return {};
  PW_TRY(execute(sync == Sync::kPower ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  sync_ = sync;
  return {};
}

base::Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(sqlite_error("running a statement", code, connection_.get()));
}

base::Result<Statement*> Database::prepared(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return &known->second;
  base::Result<Statement> statement = Statement::prepare(*this, sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  return &statements_.emplace(sql, *std::move(statement)).first->second;
}

base::Result<std::int64_t> Database::integer(std::string_view sql) {
  base::Result<Statement> statement = Statement::prepare(*this, sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  const auto value = statement->run().integer_or_none();
  if (!value) return std::unexpected(value.error());
  if (!*value)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("the database gives nothing for {}", sql));
  return **value;
}

std::size_t Database::changes() const {
  return static_cast<std::size_t>(sqlite3_changes64(connection_.get()));
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

bool Database::is_in_transaction() const {
  return sqlite3_get_autocommit(connection_.get()) == 0;
}

}  // namespace portwatch::store
