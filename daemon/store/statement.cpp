// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "common/base/assert.h"
#include "daemon/store/database.h"
#include "daemon/store/sqlite_error.h"

namespace portwatch::store {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  (void)sqlite3_finalize(statement);  // repeats the error of the last step, which was already returned
}

base::Result<Statement> Statement::prepare(const Database& database, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK)
    return std::unexpected(sqlite_error("preparing a statement", code, database.handle()));
  PW_ASSERT(raw != nullptr);
  return statement;
}

Run Statement::begin() {
  PW_ASSERT(sqlite3_stmt_busy(statement_.get()) == 0);
  return Run(statement_.get());
}

Run::~Run() {
  if (statement_ == nullptr) return;
  (void)sqlite3_reset(statement_);  // repeats the error of the last step, which was already returned
  (void)sqlite3_clear_bindings(statement_);
}

void Run::check_bind(int index, int code) {
  if (code == SQLITE_OK || failure_) return;
  failure_ = sqlite_error(fmt::format("binding value {} of a statement", index), code,
                          sqlite3_db_handle(statement_));
}

void Run::bind(int index, std::nullopt_t) {
  if (statement_ != nullptr) check_bind(index, sqlite3_bind_null(statement_, index));
}

void Run::bind(int index, std::int64_t value) {
  if (statement_ != nullptr) check_bind(index, sqlite3_bind_int64(statement_, index, value));
}

void Run::bind(int index, Blob value) {
  if (statement_ == nullptr) return;
  // A null pointer would bind NULL; an empty view may have one.
  const char* data = value.bytes.data() != nullptr ? value.bytes.data() : "";
  check_bind(index, sqlite3_bind_blob64(statement_, index, data, value.bytes.size(), SQLITE_TRANSIENT));
}

void Run::bind(int index, Text value) {
  if (statement_ == nullptr) return;
  const char* data = value.text.data() != nullptr ? value.text.data() : "";
  check_bind(index,
             sqlite3_bind_text64(statement_, index, data, value.text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

base::Result<bool> Run::step() {
  if (failure_) return std::unexpected(*failure_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* connection = sqlite3_db_handle(statement_);
  failure_ = sqlite_error("running a statement", sqlite3_extended_errcode(connection), connection);
  return std::unexpected(*failure_);
}

base::Status Run::finish() {
  while (true) {
    const base::Result<bool> has_row = step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return {};
  }
}

base::Result<std::optional<std::int64_t>> Run::integer_or_none() {
  const base::Result<bool> has_row = step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row) return std::nullopt;
  return optional_integer(0);
}

base::Result<std::vector<std::int64_t>> Run::integers() {
  std::vector<std::int64_t> values;
  while (true) {
    const base::Result<bool> has_row = step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) return values;
    values.push_back(integer(0));
  }
}

std::int64_t Run::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Run::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::string_view Run::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

bool Run::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace portwatch::store
