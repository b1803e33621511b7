// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/intern.h"

#include "daemon/store/detail_codec.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {

base::Result<std::int64_t> Interner::string(std::string_view bytes) {
  const auto known = database_.run("SELECT id FROM string WHERE bytes = ?1", Blob{bytes}).integer_or_none();
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  PW_TRY(database_.run("INSERT INTO string (bytes) VALUES (?1)", Blob{bytes}).finish());
  return database_.last_row_id();
}

base::Result<std::optional<std::int64_t>> Interner::optional_string(const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  const auto id = string(*bytes);
  if (!id) return std::unexpected(id.error());
  return *id;
}

base::Result<std::optional<std::int64_t>> Interner::string_or_none(const std::string& bytes) {
  return optional_string(bytes.empty() ? std::nullopt : std::optional(bytes));
}

base::Result<std::int64_t> Interner::process(const model::Process& process) {
  const auto name = string(process.name);
  if (!name) return std::unexpected(name.error());
  const auto exe = optional_string(process.exe ? std::optional(process.exe->path) : std::nullopt);
  if (!exe) return std::unexpected(exe.error());
  const auto argv = string(encode_argv(process.argv));
  if (!argv) return std::unexpected(argv.error());
  const auto cwd = optional_string(process.cwd);
  if (!cwd) return std::unexpected(cwd.error());
  const auto user = optional_string(process.user);
  if (!user) return std::unexpected(user.error());
  const auto unit = optional_string(process.unit);
  if (!unit) return std::unexpected(unit.error());
  const auto container = optional_string(process.container);
  if (!container) return std::unexpected(container.error());
  const auto container_name = optional_string(process.container_name);
  if (!container_name) return std::unexpected(container_name.error());
  const auto ancestors = string(encode_ancestors(process.ancestors));
  if (!ancestors) return std::unexpected(ancestors.error());
  const model::Login& login = process.login;
  const auto login_user = optional_string(login.user);
  if (!login_user) return std::unexpected(login_user.error());
  const auto login_peer = string_or_none(login.peer);
  if (!login_peer) return std::unexpected(login_peer.error());
  const auto terminal = string_or_none(login.terminal);
  if (!terminal) return std::unexpected(terminal.error());

  const auto file = process.exe ? process.exe->file : std::nullopt;
  const auto run = [&](std::string_view sql) {
    return database_.run(sql, process.key.pid.value, to_us(process.key.start), to_us(process.started_at),
                         *name, *exe, file ? std::optional(to_bits(file->device)) : std::nullopt,
                         file ? std::optional(to_bits(file->inode)) : std::nullopt,
                         process.exe && process.exe->is_deleted, *argv, process.is_argv_truncated, *cwd,
                         process.uid ? std::optional(process.uid->value) : std::nullopt, *user,
                         login.uid ? std::optional(login.uid->value) : std::nullopt, *unit, *container,
                         *ancestors, process.attribution, *login_user, login.session, *login_peer,
                         login.leader ? std::optional(login.leader->value) : std::nullopt, *terminal,
                         *container_name);
  };
  const auto known = run(R"sql(
      SELECT id FROM process
      WHERE pid = ?1 AND start_us = ?2 AND started_at_us = ?3 AND name = ?4 AND exe IS ?5 AND
        exe_device IS ?6 AND exe_inode IS ?7 AND is_exe_deleted = ?8 AND argv = ?9 AND
        is_argv_truncated = ?10 AND cwd IS ?11 AND uid IS ?12 AND user IS ?13 AND login_uid IS ?14 AND
        unit IS ?15 AND container IS ?16 AND ancestors = ?17 AND attribution = ?18 AND
        login_user IS ?19 AND login_session IS ?20 AND login_peer IS ?21 AND session_leader IS ?22 AND
        terminal IS ?23 AND container_name IS ?24)sql")
                         .integer_or_none();
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  PW_TRY(run(R"sql(
      INSERT INTO process (pid, start_us, started_at_us, name, exe, exe_device, exe_inode,
        is_exe_deleted, argv, is_argv_truncated, cwd, uid, user, login_uid, unit, container,
        ancestors, attribution, login_user, login_session, login_peer, session_leader, terminal,
        container_name)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24))sql")
             .finish());
  return database_.last_row_id();
}

base::Result<std::int64_t> Interner::service(const model::ServiceKey& service) {
  const auto program = string(service.program);
  if (!program) return std::unexpected(program.error());
  const auto user = string(service.user);
  if (!user) return std::unexpected(user.error());
  const auto run = [&](std::string_view sql) {
    return database_.run(sql, service.scheme, service.protocol, service.exposure,
                         service.port ? std::optional(service.port->value) : std::nullopt,
                         service.program_kind, *program, *user);
  };
  const auto known = run(R"sql(
      SELECT id FROM service
      WHERE scheme = ?1 AND protocol = ?2 AND exposure = ?3 AND ifnull(port, -1) = ifnull(?4, -1)
        AND program_kind = ?5 AND program = ?6 AND user = ?7)sql")
                         .integer_or_none();
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  PW_TRY(run(R"sql(
      INSERT INTO service (scheme, protocol, exposure, port, program_kind, program, user)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7))sql")
             .finish());
  return database_.last_row_id();
}

base::Result<std::int64_t> Interner::assessment(const model::Listener& listener) {
  const auto service_id = service(listener.service);
  if (!service_id) return std::unexpected(service_id.error());
  const auto program = string(listener.program.id);
  if (!program) return std::unexpected(program.error());
  const auto label = string(listener.program.label);
  if (!label) return std::unexpected(label.error());
  const auto run = [&](std::string_view sql) {
    return database_.run(sql, *service_id, *program, *label, listener.program.kind, listener.exposure,
                         listener.attribution, listener.listener_class, listener.verdict);
  };
  const auto known = run(R"sql(
      SELECT id FROM assessment
      WHERE service = ?1 AND program = ?2 AND label = ?3 AND program_kind = ?4 AND exposure = ?5 AND
        attribution = ?6 AND class = ?7 AND verdict = ?8)sql")
                         .integer_or_none();
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  PW_TRY(run(R"sql(
      INSERT INTO assessment (service, program, label, program_kind, exposure, attribution, class,
        verdict)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))sql")
             .finish());
  return database_.last_row_id();
}

base::Result<std::int64_t> Interner::with_verdict(std::int64_t assessment, model::Verdict verdict) {
  const auto known = database_
                         .run(
                             R"sql(
      SELECT b.id
      FROM assessment a JOIN assessment b USING (service, program, label, program_kind, exposure,
        attribution, class)
      WHERE a.id = ?1 AND b.verdict = ?2)sql",
                             assessment, verdict)
                         .integer_or_none();
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  PW_TRY(database_
             .run(R"sql(
      INSERT INTO assessment (service, program, label, program_kind, exposure, attribution, class,
        verdict)
      SELECT service, program, label, program_kind, exposure, attribution, class, ?2
      FROM assessment WHERE id = ?1)sql",
                  assessment, verdict)
             .finish());
  return database_.last_row_id();
}

}  // namespace portwatch::store
