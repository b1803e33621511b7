// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/listener_loader.h"

#include <algorithm>
#include <span>

#include "daemon/store/detail_codec.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {
namespace {

/// Steps to the one row that must be there.
base::Status expect_row(Run& run, std::string_view what) {
  const auto has_row = run.step();
  if (!has_row) return std::unexpected(has_row.error());
  if (!*has_row) return corrupt(what);
  return {};
}

/// All are NULL where a former version stored the end.
model::Ending read_ending(RowReader& row) {
  model::Ending ending;
  ending.cause = row.optional_enumerator<model::EndCause>().value_or(model::EndCause::kUnknown);
  if (const auto pid = row.optional_number<std::int32_t>()) ending.pid = base::Pid{*pid};
  ending.exit_status = row.optional_number<std::uint8_t>().value_or(0);
  ending.signal = row.bytes();
  ending.has_core = row.optional_integer().value_or(0) != 0;
  return ending;
}

void sort_by_key(std::vector<model::ProcessRef>& processes) {
  std::ranges::sort(processes, {}, [](const model::ProcessRef& process) { return process->key; });
}

}  // namespace

base::Result<std::string> ListenerLoader::string(std::int64_t id) {
  if (const auto known = strings_.find(id); known != strings_.end()) return known->second;
  Run run = database_.run("SELECT bytes FROM string WHERE id = ?1", id);
  PW_TRY(expect_row(run, "a string is missing"));
  return strings_.emplace(id, run.text(0)).first->second;
}

base::Status ListenerLoader::read_string(std::optional<std::int64_t> id, std::optional<std::string>& out) {
  if (!id) return {};
  auto text = string(*id);
  if (!text) return std::unexpected(std::move(text).error());
  out = std::move(*text);
  return {};
}

base::Result<model::ProcessRef> ListenerLoader::process(std::int64_t id) {
  if (const auto known = processes_.find(id); known != processes_.end()) return known->second;
  Run run = database_.run(
      R"sql(
      SELECT pid, start_us, started_at_us, name, exe, exe_device, exe_inode, is_exe_deleted, argv,
        is_argv_truncated, cwd, uid, user, login_uid, unit, container, ancestors, attribution,
        login_user, login_session, login_peer, session_leader, terminal, container_name
      FROM process WHERE id = ?1)sql",
      id);
  PW_TRY(expect_row(run, "a process is missing"));
  RowReader row(run);
  model::Process process;
  process.key.pid.value = row.number<std::int32_t>();
  process.key.start = boot_from_us(row.integer());
  process.started_at = utc_from_us(row.integer());
  const std::int64_t name = row.integer();
  const auto exe = row.optional_integer();
  const auto device = row.optional_integer();
  const auto inode = row.optional_integer();
  const bool is_deleted = row.boolean();
  const std::int64_t argv = row.integer();
  process.is_argv_truncated = row.boolean();
  const auto cwd = row.optional_integer();
  if (const auto uid = row.optional_number<std::uint32_t>()) process.uid = base::Uid{*uid};
  const auto user = row.optional_integer();
  model::Login& login = process.login;
  if (const auto login_uid = row.optional_number<std::uint32_t>()) login.uid = base::Uid{*login_uid};
  const auto unit = row.optional_integer();
  const auto container = row.optional_integer();
  const std::int64_t ancestors = row.integer();
  process.attribution = row.enumerator<model::Attribution>();
  const auto login_user = row.optional_integer();
  login.session = row.optional_number<std::uint32_t>();
  const auto login_peer = row.optional_integer();
  if (const auto leader = row.optional_number<std::int32_t>()) login.leader = base::Pid{*leader};
  const auto terminal = row.optional_integer();
  const auto container_name = row.optional_integer();
  if (!row.is_good()) return corrupt("a process does not decode");

  std::optional<std::string> exe_path;
  std::optional<std::string> name_text;
  std::optional<std::string> argv_bytes;
  std::optional<std::string> ancestor_bytes;
  PW_TRY(read_string(name, name_text));
  PW_TRY(read_string(exe, exe_path));
  PW_TRY(read_string(argv, argv_bytes));
  PW_TRY(read_string(ancestors, ancestor_bytes));
  PW_TRY(read_string(cwd, process.cwd));
  PW_TRY(read_string(user, process.user));
  PW_TRY(read_string(unit, process.unit));
  PW_TRY(read_string(container, process.container));
  std::optional<std::string> peer_text;
  std::optional<std::string> terminal_text;
  PW_TRY(read_string(login_user, login.user));
  PW_TRY(read_string(login_peer, peer_text));
  PW_TRY(read_string(terminal, terminal_text));
  login.peer = std::move(peer_text).value_or("");
  login.terminal = std::move(terminal_text).value_or("");
  PW_TRY(read_string(container_name, process.container_name));
  process.name = std::move(*name_text);
  if (exe_path) {
    process.exe = model::Executable{.path = std::move(*exe_path), .is_deleted = is_deleted};
    if (device && inode)
      process.exe->file = model::FileId{.device = from_bits(*device), .inode = from_bits(*inode)};
  }
  auto arguments = decode_argv(*argv_bytes);
  if (!arguments) return std::unexpected(std::move(arguments).error());
  process.argv = std::move(*arguments);
  auto parents = decode_ancestors(*ancestor_bytes);
  if (!parents) return std::unexpected(std::move(parents).error());
  process.ancestors = std::move(*parents);
  return processes_.emplace(id, std::make_shared<const model::Process>(std::move(process))).first->second;
}

base::Result<model::ServiceKey> ListenerLoader::service(std::int64_t id) {
  Run run = database_.run(
      "SELECT scheme, protocol, exposure, port, program_kind, program, user FROM service WHERE id = ?1", id);
  PW_TRY(expect_row(run, "a service is missing"));
  RowReader row(run);
  model::ServiceKey service;
  service.scheme = row.number<int>();
  service.protocol = row.enumerator<net::Protocol>();
  service.exposure = row.enumerator<model::Exposure>();
  if (const auto port = row.optional_number<std::uint16_t>()) service.port = base::Port{*port};
  service.program_kind = row.enumerator<model::ProgramKind>();
  auto program = string(row.integer());
  if (!program) return std::unexpected(std::move(program).error());
  service.program = std::move(*program);
  auto user = string(row.integer());
  if (!user) return std::unexpected(std::move(user).error());
  service.user = std::move(*user);
  if (!row.is_good()) return corrupt("a service does not decode");
  return service;
}

base::Result<const model::Listener*> ListenerLoader::assessment(std::int64_t id) {
  if (const auto known = assessments_.find(id); known != assessments_.end()) return &known->second;
  Run run = database_.run(
      R"sql(
      SELECT service, program, label, program_kind, exposure, attribution, class, verdict
      FROM assessment WHERE id = ?1)sql",
      id);
  PW_TRY(expect_row(run, "an assessment is missing"));
  RowReader row(run);
  model::Listener fields;
  auto service_key = service(row.integer());
  if (!service_key) return std::unexpected(std::move(service_key).error());
  fields.service = std::move(*service_key);
  auto program = string(row.integer());
  if (!program) return std::unexpected(std::move(program).error());
  fields.program.id = std::move(*program);
  auto label = string(row.integer());
  if (!label) return std::unexpected(std::move(label).error());
  fields.program.label = std::move(*label);
  fields.program.kind = row.enumerator<model::ProgramKind>();
  fields.exposure = row.enumerator<model::Exposure>();
  fields.attribution = row.enumerator<model::Attribution>();
  fields.listener_class = row.enumerator<model::ListenerClass>();
  fields.verdict = row.enumerator<model::Verdict>();
  if (!row.is_good()) return corrupt("an assessment does not decode");
  return &assessments_.emplace(id, std::move(fields)).first->second;
}

base::Result<const ListenerLoader::Period*> ListenerLoader::period(std::int64_t id) {
  if (const auto known = periods_.find(id); known != periods_.end()) return &known->second;
  Run run = database_.run(
      R"sql(
      SELECT boot, netns, socket_kind, socket_value, generation, inode, protocol, address, port,
        device, network, is_v6only, uid, bind_intent, is_mptcp, redacted, assessment, opened_at_us,
        opened_earliest_us, opened_boot_us, opened_precision, unwatched_us, closed_seq, closed_at_us,
        closed_earliest_us, closed_boot_us, closed_precision, end_cause, end_pid, end_status, end_signal,
        end_has_core
      FROM listener WHERE id = ?1)sql",
      id);
  PW_TRY(expect_row(run, "a listener is missing"));
  RowReader row(run);
  Period period;
  model::Listener& listener = period.listener;
  model::SocketRecord& socket = listener.socket;
  auto boot = string(row.integer());
  if (!boot) return std::unexpected(std::move(boot).error());
  listener.key.boot_id = std::move(*boot);
  listener.key.netns.value = from_bits(row.integer());
  listener.key.socket.kind = row.enumerator<model::SocketId::Kind>();
  listener.key.socket.value = from_bits(row.integer());
  listener.key.generation = row.integer();
  socket.netns = listener.key.netns;
  socket.id = listener.key.socket;
  socket.inode = from_bits(row.integer());
  socket.endpoint.protocol = row.enumerator<net::Protocol>();
  const std::string_view octets = row.bytes();
  const auto address = net::IpAddress::from_octets(
      std::span(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()));
  if (!address) return corrupt("an address does not decode");
  socket.endpoint.address = *address;
  socket.endpoint.port.value = row.number<std::uint16_t>();
  auto device = string(row.integer());
  if (!device) return std::unexpected(std::move(device).error());
  socket.device = std::move(*device);
  if (const auto name = row.optional_integer()) {
    auto network = string(*name);
    if (!network) return std::unexpected(std::move(network).error());
    socket.network = std::move(*network);
  }
  if (const auto is_v6only = row.optional_integer()) socket.is_v6only = *is_v6only != 0;
  socket.uid.value = row.number<std::uint32_t>();
  socket.bind_intent = row.enumerator<model::BindIntent>();
  socket.is_mptcp = row.boolean();
  auto redacted = decode_argv(row.bytes());
  if (!redacted) return std::unexpected(std::move(redacted).error());
  listener.redacted = std::move(*redacted);
  period.assessment = row.integer();
  listener.opened.at = utc_from_us(row.integer());
  listener.opened.earliest = utc_from_us(row.optional_integer());
  listener.opened.boot = boot_from_us(row.integer());
  listener.opened.precision = row.enumerator<model::Precision>();
  period.unwatched_since = utc_from_us(row.optional_integer());
  period.closed_seq = row.optional_integer();
  if (period.closed_seq) {
    listener.closed.emplace();
    listener.closed->at = utc_from_us(row.integer());
    listener.closed->earliest = utc_from_us(row.optional_integer());
    listener.closed->boot = boot_from_us(row.integer());
    listener.closed->precision = row.enumerator<model::Precision>();
    listener.ending = read_ending(row);
  }
  if (!row.is_good()) return corrupt("a listener does not decode");
  return &periods_.emplace(id, std::move(period)).first->second;
}

base::Result<const std::vector<ListenerLoader::Ownership>*> ListenerLoader::owners(std::int64_t id) {
  if (const auto known = owners_.find(id); known != owners_.end()) return &known->second;
  std::vector<Ownership> list;
  Run run = database_.run("SELECT process, from_seq, until_seq FROM listener_owner WHERE listener = ?1", id);
  while (true) {
    const auto has_row = run.step();
    if (!has_row) return std::unexpected(has_row.error());
    if (!*has_row) break;
    list.push_back(
        {.process = run.integer(0), .from_seq = run.integer(1), .until_seq = run.optional_integer(2)});
  }
  return &owners_.emplace(id, std::move(list)).first->second;
}

base::Result<model::ListenerRef> ListenerLoader::load(std::int64_t id, std::int64_t seq,
                                                      std::optional<std::int64_t> assessment_id) {
  const auto known = period(id);
  if (!known) return std::unexpected(known.error());
  const Period& stored = **known;
  const auto assessed = assessment(assessment_id.value_or(stored.assessment));
  if (!assessed) return std::unexpected(assessed.error());
  const auto ownerships = owners(id);
  if (!ownerships) return std::unexpected(ownerships.error());

  model::Listener listener = stored.listener;
  if (stored.closed_seq && *stored.closed_seq > seq) {
    listener.closed.reset();
    listener.ending = {};
  }
  if (seq == kNow) listener.unwatched_since = stored.unwatched_since;
  const model::Listener& fields = **assessed;
  listener.service = fields.service;
  listener.program = fields.program;
  listener.exposure = fields.exposure;
  listener.attribution = fields.attribution;
  listener.listener_class = fields.listener_class;
  listener.verdict = fields.verdict;
  for (const Ownership& owner : **ownerships) {
    if (owner.from_seq > seq || (owner.until_seq && *owner.until_seq <= seq)) continue;
    auto holder = process(owner.process);
    if (!holder) return std::unexpected(std::move(holder).error());
    listener.owners.push_back(*std::move(holder));
  }
  sort_by_key(listener.owners);
  return std::make_shared<const model::Listener>(std::move(listener));
}

base::Result<ListenerLoader::End> ListenerLoader::end_of(std::int64_t id) {
  const auto known = period(id);
  if (!known) return std::unexpected(known.error());
  return End{.closed = (*known)->listener.closed,
             .ending = (*known)->listener.ending,
             .unwatched_since = (*known)->unwatched_since};
}

base::Result<model::OwnerChangedDetail> ListenerLoader::owner_change(std::int64_t id, std::int64_t seq) {
  const auto ownerships = owners(id);
  if (!ownerships) return std::unexpected(ownerships.error());
  model::OwnerChangedDetail change;
  for (const Ownership& owner : **ownerships) {
    if (owner.from_seq != seq && owner.until_seq != seq) continue;
    auto holder = process(owner.process);
    if (!holder) return std::unexpected(std::move(holder).error());
    (owner.from_seq == seq ? change.added : change.removed).push_back(*std::move(holder));
  }
  sort_by_key(change.added);
  sort_by_key(change.removed);
  return change;
}

}  // namespace portwatch::store
