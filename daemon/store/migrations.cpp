// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/migrations.h"

#include <array>

#include <fmt/format.h>

#include "daemon/store/schema_v1.h"
#include "daemon/store/schema_v2.h"
#include "daemon/store/transaction.h"

namespace portwatch::store {
namespace {

constexpr std::array<Migration, 2> kMigrations{migrate_to_v1, migrate_to_v2};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

std::int64_t current_schema() {
  return static_cast<std::int64_t>(kMigrations.size());
}

base::Status migrate(Database& database, std::span<const Migration> steps) {
  const auto target = static_cast<std::int64_t>(steps.size());
  while (true) {
    // Asked again inside each transaction: another process may have been faster.
    auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
    if (!transaction) return std::unexpected(transaction.error());
    const auto version = database.integer("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    if (*version == target) return {};
    if (*version < 0 || *version > target)
      return base::fail(base::ErrorCode::kUnsupported,
                        fmt::format("its schema is {}, ours is {}", *version, target));
    PW_TRY(steps[static_cast<std::size_t>(*version)](database));
    PW_TRY(database.execute(fmt::format("PRAGMA user_version = {}", *version + 1)));
    PW_TRY(transaction->commit());
  }
}

}  // namespace portwatch::store
