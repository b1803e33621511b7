// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to the database file, with its settings and its prepared statements. Thread: one at a time.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/time.h"
#include "daemon/store/statement.h"

struct sqlite3;

namespace portwatch::store {

/// "pwat": marks a SQLite file as ours (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x70776174;

enum class Access { kReadWrite, kReadOnly };

/// How much of a commit must be on the disk before it returns (PRAGMA synchronous, in WAL mode).
enum class Sync {
  kProcess,  ///< survives the end of the process, also by SIGKILL; a power cut may take the last groups
  kPower,    ///< survives a power cut
};

class Database {
 public:
  /// Opens an existing file; a symbolic link is refused. Nothing is read or written yet.
  [[nodiscard]] static base::Result<Database> open(const std::filesystem::path& path, Access access,
                                                   base::Micros busy_timeout);

  /// Marks a new, empty file as ours and chooses what cannot be changed later: its first write, in one piece.
  [[nodiscard]] base::Status initialize();

  /// What a connection needs before it may be used.
  [[nodiscard]] base::Status configure(Access access);

  /// From now on, closing the last connection moves the log into the database file; before, closing changes
  /// nothing.
  void allow_checkpoint_on_close();

  [[nodiscard]] base::Status set_sync(Sync sync);

  /// Runs SQL without values and without rows: one statement or several.
  [[nodiscard]] base::Status execute(const std::string& sql);

  /// Begins a run of a statement that is kept for the next time. For SQL that is written in the source, not
  /// built.
  template <class... Values>
  Run run(std::string_view sql, const Values&... values) {
    base::Result<Statement*> statement = prepared(sql);
    if (!statement) return Run(std::move(statement).error());
    return (*statement)->run(values...);
  }

  /// The one integer that `sql` gives, as a pragma does.
  [[nodiscard]] base::Result<std::int64_t> integer(std::string_view sql);

  /// Rows that the last statement inserted, changed or deleted.
  [[nodiscard]] std::size_t changes() const;
  [[nodiscard]] std::int64_t last_row_id() const;
  [[nodiscard]] bool is_in_transaction() const;

  [[nodiscard]] sqlite3* handle() const { return connection_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  [[nodiscard]] base::Result<Statement*> prepared(std::string_view sql);

  std::unique_ptr<sqlite3, Close> connection_;
  std::map<std::string, Statement, std::less<>> statements_;  ///< behind the connection: they go first
  Sync sync_ = Sync::kProcess;
};

}  // namespace portwatch::store
