// SPDX-License-Identifier: Apache-2.0
#pragma once

// A prepared statement, and one run of it. Values are bound when the run begins, and the statement is reset
// and its bindings are cleared when the run goes, on every path. What fails on the way is kept and returned
// by the next step, so that a caller looks at one result.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/error.h"

struct sqlite3_stmt;

namespace portwatch::store {

class Database;

/// Bytes of another process, or an encoding of ours: bound and read as BLOB.
struct Blob {
  std::string_view bytes;
};

/// Text of our own making, in UTF-8: bound as TEXT.
struct Text {
  std::string_view text;
};

class [[nodiscard]] Run {
 public:
  Run(Run&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), failure_(std::move(other.failure_)) {}
  Run& operator=(Run&&) = delete;
  ~Run();

  /// Goes to the next row; false: there is none left.
  [[nodiscard]] base::Result<bool> step();
  /// Runs to the end, past any rows.
  [[nodiscard]] base::Status finish();
  /// The first column of the first row; nothing when there is no row or it is NULL.
  [[nodiscard]] base::Result<std::optional<std::int64_t>> integer_or_none();
  /// The first column of every row.
  [[nodiscard]] base::Result<std::vector<std::int64_t>> integers();

  /// Columns of the current row, from 0. The bytes live until the next step.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Statement;
  friend class Database;
  explicit Run(sqlite3_stmt* statement) : statement_(statement) {}
  explicit Run(base::Error failure) : failure_(std::move(failure)) {}

  void bind(int index, std::nullopt_t);
  void bind(int index, std::int64_t value);
  void bind(int index, Blob value);
  void bind(int index, Text value);
  template <class T>
    requires(std::integral<T> || std::is_enum_v<T>)
  void bind(int index, T value) {
    bind(index, static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value)
      bind(index, *value);
    else
      bind(index, std::nullopt);
  }
  void check_bind(int index, int code);

  sqlite3_stmt* statement_ = nullptr;
  std::optional<base::Error> failure_;
};

class Statement {
 public:
  /// Lives no longer than the database. Errors: kInternal for SQL that does not compile, else as
  /// sqlite_error().
  [[nodiscard]] static base::Result<Statement> prepare(const Database& database, std::string_view sql);

  /// Begins a run with the values bound to ?1, ?2, … (they are copied). One run of a statement at a time.
  template <class... Values>
  Run run(const Values&... values) {
    Run run = begin();
    int index = 0;
    (run.bind(++index, values), ...);
    return run;
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Run begin();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace portwatch::store
