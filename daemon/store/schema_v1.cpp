// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/schema_v1.h"

namespace portwatch::store {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  host_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  machine_hash TEXT,
  last_seq INTEGER NOT NULL,
  last_alert INTEGER NOT NULL,
  last_generation INTEGER NOT NULL,
  last_alive_us INTEGER,
  last_boot_id BLOB NOT NULL,
  learning_until_us INTEGER
) STRICT;

CREATE TABLE string (
  id INTEGER PRIMARY KEY,
  uses INTEGER NOT NULL DEFAULT 0,
  bytes BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE process (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  started_at_us INTEGER NOT NULL,
  name INTEGER NOT NULL,
  exe INTEGER,
  exe_device INTEGER,
  exe_inode INTEGER,
  is_exe_deleted INTEGER NOT NULL,
  argv INTEGER NOT NULL,
  is_argv_truncated INTEGER NOT NULL,
  cwd INTEGER,
  uid INTEGER,
  user INTEGER,
  login_uid INTEGER,
  unit INTEGER,
  container INTEGER,
  ancestors INTEGER NOT NULL,
  attribution INTEGER NOT NULL
) STRICT;
CREATE INDEX process_by_key ON process (pid, start_us);
CREATE INDEX process_by_unit ON process (unit) WHERE unit IS NOT NULL;

CREATE TABLE service (
  id INTEGER PRIMARY KEY,
  scheme INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  exposure INTEGER NOT NULL,
  port INTEGER,
  program_kind INTEGER NOT NULL,
  program INTEGER NOT NULL,
  user INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX service_by_key
  ON service (program, user, scheme, protocol, exposure, program_kind, ifnull(port, -1));

CREATE TABLE assessment (
  id INTEGER PRIMARY KEY,
  service INTEGER NOT NULL REFERENCES service (id),
  program INTEGER NOT NULL,
  label INTEGER NOT NULL,
  program_kind INTEGER NOT NULL,
  exposure INTEGER NOT NULL,
  attribution INTEGER NOT NULL,
  class INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  UNIQUE (service, program, label, program_kind, exposure, attribution, class, verdict)
) STRICT;

CREATE TABLE listener (
  id INTEGER PRIMARY KEY,
  boot INTEGER NOT NULL,
  netns INTEGER NOT NULL,
  socket_kind INTEGER NOT NULL,
  socket_value INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  address BLOB NOT NULL,
  port INTEGER NOT NULL,
  device INTEGER NOT NULL,
  is_v6only INTEGER,
  uid INTEGER NOT NULL,
  bind_intent INTEGER NOT NULL,
  is_mptcp INTEGER NOT NULL,
  redacted BLOB NOT NULL,
  assessment INTEGER NOT NULL REFERENCES assessment (id),
  opened_at_us INTEGER NOT NULL,
  opened_earliest_us INTEGER,
  opened_boot_us INTEGER NOT NULL,
  opened_precision INTEGER NOT NULL,
  opened_seq INTEGER NOT NULL,
  closed_at_us INTEGER,
  closed_earliest_us INTEGER,
  closed_boot_us INTEGER,
  closed_precision INTEGER,
  closed_seq INTEGER,
  node INTEGER,
  UNIQUE (boot, netns, socket_kind, socket_value, generation)
) STRICT;
CREATE INDEX listener_by_end ON listener (node, closed_at_us, port) WHERE node IS NOT NULL;
CREATE INDEX listener_by_start ON listener (node, opened_at_us, port) WHERE node IS NOT NULL;
CREATE INDEX listener_open ON listener (port, opened_at_us) WHERE closed_seq IS NULL;
CREATE INDEX listener_open_by_assessment ON listener (assessment) WHERE closed_seq IS NULL;
CREATE INDEX listener_by_assessment ON listener (assessment);
CREATE INDEX listener_ended ON listener (closed_seq) WHERE closed_seq IS NOT NULL;

CREATE TABLE listener_owner (
  listener INTEGER NOT NULL REFERENCES listener (id),
  from_seq INTEGER NOT NULL,
  process INTEGER NOT NULL REFERENCES process (id),
  until_seq INTEGER,
  PRIMARY KEY (listener, from_seq, process)
) STRICT, WITHOUT ROWID;
CREATE INDEX listener_owner_by_process ON listener_owner (process);
CREATE INDEX listener_owner_ended ON listener_owner (until_seq) WHERE until_seq IS NOT NULL;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  earliest_us INTEGER,
  boot_us INTEGER NOT NULL,
  precision INTEGER NOT NULL,
  listener INTEGER REFERENCES listener (id),
  assessment INTEGER REFERENCES assessment (id),
  port INTEGER,
  detail BLOB
) STRICT;
CREATE INDEX event_by_kind ON event (kind, seq);
CREATE INDEX event_by_port ON event (port, seq) WHERE port IS NOT NULL;
CREATE INDEX event_by_listener ON event (listener, seq) WHERE listener IS NOT NULL;
CREATE INDEX event_by_assessment ON event (assessment, seq) WHERE assessment IS NOT NULL;

CREATE TABLE event_block (
  block INTEGER PRIMARY KEY,
  min_at_us INTEGER NOT NULL,
  max_at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  reasons BLOB NOT NULL,
  count INTEGER NOT NULL,
  opened_at_us INTEGER NOT NULL,
  last_seen_at_us INTEGER NOT NULL,
  changed_by BLOB NOT NULL,
  listener INTEGER NOT NULL REFERENCES listener (id),
  last_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_by_state ON alert (state, id);
CREATE INDEX alert_by_listener ON alert (listener);

CREATE TABLE baseline (
  service INTEGER PRIMARY KEY REFERENCES service (id),
  label BLOB NOT NULL,
  origin INTEGER NOT NULL,
  added_at_us INTEGER NOT NULL,
  added_by BLOB NOT NULL,
  seq INTEGER NOT NULL
) STRICT;
)sql";

// A string goes with the last row that uses it. Rows that use strings are never changed in those columns.
// Counting does what REFERENCES would, which would need an index on each of those columns to look for rows
// before a string may go.
constexpr const char* kTriggers = R"sql(
CREATE TRIGGER process_uses AFTER INSERT ON process BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.name, new.exe, new.argv, new.cwd, new.user, new.unit,
                                                 new.container, new.ancestors);
END;
CREATE TRIGGER process_drops AFTER DELETE ON process BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.name, old.exe, old.argv, old.cwd, old.user, old.unit,
                                                 old.container, old.ancestors);
  DELETE FROM string WHERE uses = 0 AND id IN (old.name, old.exe, old.argv, old.cwd, old.user, old.unit,
                                               old.container, old.ancestors);
END;
CREATE TRIGGER service_uses AFTER INSERT ON service BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.program, new.user);
END;
CREATE TRIGGER service_drops AFTER DELETE ON service BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.program, old.user);
  DELETE FROM string WHERE uses = 0 AND id IN (old.program, old.user);
END;
CREATE TRIGGER assessment_uses AFTER INSERT ON assessment BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.program, new.label);
END;
CREATE TRIGGER assessment_drops AFTER DELETE ON assessment BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.program, old.label);
  DELETE FROM string WHERE uses = 0 AND id IN (old.program, old.label);
END;
CREATE TRIGGER listener_uses AFTER INSERT ON listener BEGIN
  UPDATE string SET uses = uses + 1 WHERE id IN (new.boot, new.device);
END;
CREATE TRIGGER listener_drops AFTER DELETE ON listener BEGIN
  UPDATE string SET uses = uses - 1 WHERE id IN (old.boot, old.device);
  DELETE FROM string WHERE uses = 0 AND id IN (old.boot, old.device);
END;
)sql";

}  // namespace

base::Status migrate_to_v1(Database& database) {
  PW_TRY(database.execute(kTables));
  return database.execute(kTriggers);
}

}  // namespace portwatch::store
