// SPDX-License-Identifier: Apache-2.0
#pragma once

// What SQLite's result codes mean to us (https://www.sqlite.org/rescode.html).

#include <string_view>

#include "common/base/error.h"

struct sqlite3;

namespace portwatch::store {

/// The error for an extended result code, with SQLite's own words about the last failure on `connection`
/// (null: the general words for the code). kUnavailable means that the same thing may work later: disk full,
/// locked, I/O error.
[[nodiscard]] base::Error sqlite_error(std::string_view what, int code, sqlite3* connection);

}  // namespace portwatch::store
