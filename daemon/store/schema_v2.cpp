// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/schema_v2.h"

namespace portwatch::store {
namespace {

constexpr const char* kNewColumns = R"sql(
ALTER TABLE listener ADD COLUMN network INTEGER;
ALTER TABLE listener ADD COLUMN end_cause INTEGER;
ALTER TABLE listener ADD COLUMN end_pid INTEGER;
ALTER TABLE listener ADD COLUMN end_status INTEGER;
ALTER TABLE listener ADD COLUMN end_signal BLOB;
ALTER TABLE listener ADD COLUMN end_has_core INTEGER;
ALTER TABLE listener ADD COLUMN unwatched_us INTEGER;
ALTER TABLE process ADD COLUMN login_user INTEGER;
ALTER TABLE process ADD COLUMN login_session INTEGER;
ALTER TABLE process ADD COLUMN login_peer INTEGER;
ALTER TABLE process ADD COLUMN session_leader INTEGER;
ALTER TABLE process ADD COLUMN terminal INTEGER;
ALTER TABLE process ADD COLUMN container_name INTEGER;
)sql";

// Strings are counted in the new columns too. A NULL in the list stands for no string.
constexpr const char* kNewTriggers = R"sql(
DROP TRIGGER listener_uses;
CREATE TRIGGER listener_uses AFTER INSERT ON listener BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.boot, new.device, new.network);
END;
DROP TRIGGER listener_drops;
CREATE TRIGGER listener_drops AFTER DELETE ON listener BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.boot, old.device, old.network);
  DELETE FROM string WHERE uses = 0 AND id IN (old.boot, old.device, old.network);
END;
DROP TRIGGER process_uses;
CREATE TRIGGER process_uses AFTER INSERT ON process BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.name, new.exe, new.argv, new.cwd, new.user, new.unit,
                                                 new.container, new.ancestors, new.login_user,
                                                 new.login_peer, new.terminal, new.container_name);
END;
DROP TRIGGER process_drops;
CREATE TRIGGER process_drops AFTER DELETE ON process BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.name, old.exe, old.argv, old.cwd, old.user, old.unit,
                                                 old.container, old.ancestors, old.login_user,
                                                 old.login_peer, old.terminal, old.container_name);
  DELETE FROM string WHERE uses = 0 AND id IN (old.name, old.exe, old.argv, old.cwd, old.user, old.unit,
                                               old.container, old.ancestors, old.login_user,
                                               old.login_peer, old.terminal, old.container_name);
END;
)sql";

}  // namespace

base::Status migrate_to_v2(Database& database) {
  PW_TRY(database.execute(kNewColumns));
  return database.execute(kNewTriggers);
}

}  // namespace portwatch::store
