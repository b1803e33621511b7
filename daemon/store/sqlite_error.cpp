// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace portwatch::store {
namespace {

base::ErrorCode code_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
    case SQLITE_CANTOPEN: return base::ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return base::ErrorCode::kCorrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return base::ErrorCode::kPermissionDenied;
    case SQLITE_NOMEM: return base::ErrorCode::kResourceExhausted;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: return base::ErrorCode::kInvalidArgument;
    default: return base::ErrorCode::kInternal;
  }
}

/// What to do, where there is something: whoever reads of a full disk wants to know which.
std::string remedy(int code, sqlite3* connection) {
  const bool is_full = (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE;
  if (!is_full || connection == nullptr) return {};
  const char* file = sqlite3_db_filename(connection, "main");
  if (file == nullptr || *file == '\0') return {};
  return fmt::format("; free space in {}, or keep the database elsewhere with --state-dir",
                     std::filesystem::path(file).parent_path().string());
}

}  // namespace

base::Error sqlite_error(std::string_view what, int code, sqlite3* connection) {
  const char* general = sqlite3_errstr(code);
  const char* specific = connection != nullptr ? sqlite3_errmsg(connection) : general;
  return {code_of(code), fmt::format("{}: {} (SQLite {}){}", what, specific, code, remedy(code, connection))};
}

}  // namespace portwatch::store
