// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/schema_v2.h"

namespace portwatch::store {
namespace {

constexpr const char* kTables = R"sql(
ALTER TABLE listener ADD COLUMN network INTEGER;
)sql";

// Strings are counted in the new columns too. A NULL in the list stands for no string.
constexpr const char* kTriggers = R"sql(
DROP TRIGGER listener_uses;
CREATE TRIGGER listener_uses AFTER INSERT ON listener BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.boot, new.device, new.network);
END;
DROP TRIGGER listener_drops;
CREATE TRIGGER listener_drops AFTER DELETE ON listener BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.boot, old.device, old.network);
  DELETE FROM string WHERE uses = 0 AND id IN (old.boot, old.device, old.network);
END;
)sql";

}  // namespace

base::Status migrate_to_v2(Database& database) {
  PW_TRY(database.execute(kTables));
  return database.execute(kTriggers);
}

}  // namespace portwatch::store
