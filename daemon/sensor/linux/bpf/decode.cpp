// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/decode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/sysmacros.h>

#include "common/model/secrets.h"
#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/proc_pid.h"

namespace portwatch::sensor::bpf {
namespace {

constexpr std::size_t kMaxArguments = 64;
/// What procfs counts the start of a process in: USER_HZ is 100 wherever we run (time(7)).
constexpr std::uint64_t kNanosecondsInTick = 10'000'000;
constexpr std::int64_t kMicrosecondsInTick = 10'000;

template <class T>
base::Result<T> load_exactly(Bytes bytes) {
  if (bytes.size() != sizeof(T))
    return base::fail(
        base::ErrorCode::kCorrupt,
        fmt::format("a record of the kernel's programs has {} bytes instead of {}", bytes.size(), sizeof(T)));
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::unexpected<base::Error> corrupt(std::string_view what) {
  return base::fail(base::ErrorCode::kCorrupt, fmt::format("a record of the kernel's programs has {}", what));
}

base::BootTime boot_time(std::uint64_t nanoseconds) {
  return base::BootTime{base::Micros{static_cast<std::int64_t>(nanoseconds / 1000)}};
}

base::BootTime start_as_procfs(std::uint64_t nanoseconds) {
  return base::BootTime{
      base::Micros{static_cast<std::int64_t>(nanoseconds / kNanosecondsInTick) * kMicrosecondsInTick}};
}

ImageId image_of(const abi::ProcessRef& process) {
  return {.key = {.pid = base::Pid{process.pid}, .start = start_as_procfs(process.start_ns)},
          .start_ns = process.start_ns,
          .exec_id = process.exec_id};
}

Happening happening_of(const abi::RecordHeader& header) {
  return {.at = boot_time(header.time_ns),
          .image = image_of(header.process),
          .uid = base::Uid{header.process.uid}};
}

/// Up to the first NUL, or all.
template <std::size_t kSize>
std::string text_of(const char (&field)[kSize]) {
  return std::string(field, strnlen(field, kSize));
}

std::optional<net::Protocol> protocol_of(std::uint8_t number) {
  if (number == IPPROTO_TCP) return net::Protocol::kTcp;
  if (number == IPPROTO_UDP) return net::Protocol::kUdp;
  return std::nullopt;
}

std::optional<net::IpAddress> address_of(const abi::SocketFacts& facts) {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), facts.address, octets.size());
  if (facts.family == 6) return net::IpAddress::v6(octets);
  if (facts.family == 4) return net::IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
  return std::nullopt;
}

model::BindIntent intent_of(std::uint32_t flags) {
  if ((flags & abi::kSocketIntentKnown) == 0) return model::BindIntent::kUnknown;
  return (flags & abi::kSocketPortNamed) != 0 ? model::BindIntent::kExplicit
                                              : model::BindIntent::kKernelChosen;
}

base::Result<Socket> socket_of(const abi::SocketFacts& facts) {
  const auto protocol = protocol_of(facts.protocol);
  if (!protocol) return corrupt("an unknown protocol");
  const auto address = address_of(facts);
  if (!address) return corrupt("an unknown address family");
  Socket socket;
  socket.record = {.netns = base::Netns{facts.netns},
                   .id = {model::SocketId::Kind::kCookie, facts.cookie},
                   .inode = facts.inode,
                   .endpoint = {.protocol = *protocol, .address = *address, .port = base::Port{facts.port}},
                   .uid = base::Uid{facts.uid},
                   .bind_intent = intent_of(facts.flags),
                   .is_mptcp = (facts.flags & abi::kSocketMptcp) != 0};
  if (facts.family == 6 && address->is_wildcard())
    socket.record.is_v6only = (facts.flags & abi::kSocketV6Only) != 0;
  socket.device_index = facts.device;
  socket.backlog = facts.backlog;
  socket.shares_port = (facts.flags & abi::kSocketReusePort) != 0;
  socket.is_listening = (facts.flags & abi::kSocketListening) != 0;
  socket.is_connected = (facts.flags & abi::kSocketConnected) != 0;
  return socket;
}

/// The texts in `area`, each with NUL behind it; nothing when `size` lies.
template <std::size_t kSize>
std::optional<std::string_view> used_part(const char (&area)[kSize], std::size_t size) {
  if (size > kSize) return std::nullopt;
  return std::string_view(area, size);
}

/// "nginx\0sbin\0usr\0" is "/usr/sbin/nginx"; a path that lacks its beginning has no slash in front.
template <std::size_t kSize>
std::optional<std::string> path_of(const char (&area)[kSize], std::size_t size, bool is_truncated) {
  auto names = used_part(area, size);
  if (!names || (!names->empty() && names->back() != '\0')) return std::nullopt;
  std::string path;
  path.reserve(names->size() + 1);
  while (!names->empty()) {
    names->remove_suffix(1);
    const std::size_t end_of_next = names->rfind('\0');
    const std::size_t begin = end_of_next == std::string_view::npos ? 0 : end_of_next + 1;
    if (!path.empty() || !is_truncated) path += '/';
    path += names->substr(begin);
    names->remove_suffix(names->size() - begin);
  }
  if (path.empty() && !is_truncated) path += '/';
  return path;
}

std::optional<std::vector<model::Ancestor>> ancestors_of(const abi::ProcessRecord& record) {
  if (record.ancestor_count > std::size(record.ancestors)) return std::nullopt;
  std::vector<model::Ancestor> ancestors;
  for (const auto& facts : std::span(record.ancestors).first(record.ancestor_count))
    ancestors.push_back(
        {.pid = base::Pid{facts.pid}, .start = start_as_procfs(facts.start_ns), .name = text_of(facts.name)});
  return ancestors;
}

base::Status read_executable(const abi::ProcessRecord& record, ProcessTold& told) {
  constexpr std::uint32_t kMinorBits = 20;
  if ((record.flags & abi::kProcessExecutableKnown) == 0) return {};
  told.is_exe_truncated = (record.flags & abi::kProcessExecutableTruncated) != 0;
  auto path = path_of(record.executable, record.executable_size, told.is_exe_truncated);
  if (!path) return corrupt("an executable's path that does not end");
  told.exe = model::Executable{
      .path = std::move(*path),
      .file = model::FileId{.device = makedev(record.executable_device >> kMinorBits,
                                              record.executable_device & ((1U << kMinorBits) - 1)),
                            .inode = record.executable_inode},
      .is_deleted = (record.flags & abi::kProcessExecutableUnlinked) != 0};
  return {};
}

base::Status read_places(const abi::ProcessRecord& record, ProcessTold& told) {
  if ((record.flags & abi::kProcessDirectoryKnown) != 0) {
    told.is_cwd_truncated = (record.flags & abi::kProcessDirectoryTruncated) != 0;
    told.cwd = path_of(record.directory, record.directory_size, told.is_cwd_truncated);
    if (!told.cwd) return corrupt("a directory's path that does not end");
  }
  if ((record.flags & abi::kProcessCgroupKnown) != 0) {
    told.cgroup_id = record.cgroup_id;
    told.cgroup =
        path_of(record.cgroup, record.cgroup_size, (record.flags & abi::kProcessCgroupTruncated) != 0);
    if (!told.cgroup) return corrupt("a control group's path that does not end");
  }
  return {};
}

base::Status read_arguments(const abi::ProcessRecord& record, ProcessTold& told) {
  if ((record.flags & abi::kProcessArgumentsKnown) == 0) return {};
  const auto text = used_part(record.arguments, record.arguments_size);
  if (!text) return corrupt("more arguments than fit");
  const bool is_whole = (record.flags & abi::kProcessArgumentsTruncated) == 0;
  CommandLine line = parse_command_line(*text, is_whole, kMaxArguments);
  told.argv = model::redact_secrets(std::move(line.arguments));
  told.is_argv_truncated = line.is_truncated;
  return {};
}

base::Result<Event> read_process(const abi::ProcessRecord& record) {
  ProcessTold told;
  told.happening = happening_of(record.header);
  told.name = text_of(record.name);
  told.terminal = text_of(record.terminal);
  PW_TRY(read_executable(record, told));
  PW_TRY(read_places(record, told));
  PW_TRY(read_arguments(record, told));
  auto ancestors = ancestors_of(record);
  if (!ancestors) return corrupt("more ancestors than fit");
  told.ancestors = std::move(*ancestors);
  told.are_ancestors_truncated = (record.flags & abi::kProcessAncestorsTruncated) != 0;
  if ((record.flags & abi::kProcessLoginKnown) != 0) told.login_uid = base::Uid{record.login_uid};
  told.audit_session = record.audit_session;
  told.session = base::Pid{record.session};
  told.inner_pid = base::Pid{record.inner_pid};
  told.pid_namespace = record.pid_namespace;
  told.netns = base::Netns{record.net_namespace};
  told.is_kernel_thread = (record.flags & abi::kProcessKernelThread) != 0;
  return told;
}

base::Result<Event> read_opened(const abi::SocketRecord& record) {
  auto socket = socket_of(record.socket);
  if (!socket) return std::unexpected(std::move(socket).error());
  const bool is_tcp = socket->record.endpoint.protocol == net::Protocol::kTcp;
  if (is_tcp != (record.header.kind == abi::kRecordListen)) return corrupt("the wrong protocol");
  if (socket->record.endpoint.port == base::Port{0}) return corrupt("no port");
  socket->is_listening = is_tcp;
  return Opened{.happening = happening_of(record.header), .socket = std::move(*socket)};
}

base::Result<Event> read_listen_refused(const abi::SocketRecord& record) {
  auto socket = socket_of(record.socket);
  if (!socket) return std::unexpected(std::move(socket).error());
  return ListenRefused{.happening = happening_of(record.header), .wished = std::move(*socket)};
}

base::Result<Event> read_ended(const abi::EndRecord& record) {
  const auto protocol = protocol_of(record.protocol);
  if (!protocol) return corrupt("an unknown protocol");
  if ((*protocol == net::Protocol::kTcp) != (record.header.kind == abi::kRecordListenEnd))
    return corrupt("the wrong protocol");
  Ended ended{.happening = happening_of(record.header),
              .protocol = *protocol,
              .id = {model::SocketId::Kind::kCookie, record.cookie},
              .inode = record.inode,
              .netns = base::Netns{record.netns},
              .was_connected = (record.flags & abi::kEndConnected) != 0,
              .is_by_kernel = (record.flags & abi::kEndByKernel) != 0};
  if ((record.flags & abi::kEndExiting) != 0) ended.wait_status = record.status;
  return ended;
}

base::Result<Event> read_bind_refused(const abi::RefusalRecord& record) {
  auto socket = socket_of(record.socket);
  if (!socket) return std::unexpected(std::move(socket).error());
  return BindRefused{.happening = happening_of(record.header),
                     .wished = std::move(*socket),
                     .noticed_at = boot_time(record.noticed_ns),
                     .lacks_privilege = (record.flags & abi::kRefusalPrivileged) != 0};
}

base::Result<Event> read_exec(const abi::ExecRecord& record) {
  return HolderExec{.happening = happening_of(record.header),
                    .old_exec_id = record.old_exec_id,
                    .may_hold = (record.flags & abi::kExecHolds) != 0};
}

base::Result<Event> read_fork(const abi::ForkRecord& record) {
  return HolderFork{.happening = happening_of(record.header), .child = image_of(record.child)};
}

base::Result<Event> read_exit(const abi::ExitRecord& record) {
  return HolderExit{.happening = happening_of(record.header), .wait_status = record.status};
}

template <class Record>
base::Result<Event> read_as(Bytes bytes, base::Result<Event> (*read)(const Record&)) {
  auto record = load_exactly<Record>(bytes);
  if (!record) return std::unexpected(std::move(record).error());
  return read(*record);
}

}  // namespace

base::Result<Event> decode_event(Bytes record) {
  abi::RecordHeader header;
  if (record.size() < sizeof header) return corrupt("no header");
  std::memcpy(&header, record.data(), sizeof header);
  if (header.size != record.size()) return corrupt("another length than it says");
  switch (header.kind) {
    case abi::kRecordProcess: return read_as(record, read_process);
    case abi::kRecordListen:
    case abi::kRecordBind: return read_as(record, read_opened);
    case abi::kRecordListenRefused: return read_as(record, read_listen_refused);
    case abi::kRecordListenEnd:
    case abi::kRecordRelease: return read_as(record, read_ended);
    case abi::kRecordBindRefused: return read_as(record, read_bind_refused);
    case abi::kRecordExec: return read_as(record, read_exec);
    case abi::kRecordFork: return read_as(record, read_fork);
    case abi::kRecordExit: return read_as(record, read_exit);
    default: return corrupt("an unknown kind");
  }
}

base::Result<BindRefused> decode_wish(Bytes value, const base::Moment& now, base::Micros tick) {
  const auto wish = load_exactly<abi::Wish>(value);
  if (!wish) return std::unexpected(wish.error());
  auto socket = socket_of(wish->socket);
  if (!socket) return std::unexpected(std::move(socket).error());
  const base::BootTime latest = boot_time(wish->coarse_ns) + now.suspended + tick;
  return BindRefused{.happening = {.at = std::min(latest, now.boot),
                                   .image = image_of(wish->process),
                                   .uid = base::Uid{wish->process.uid}},
                     .wished = std::move(*socket),
                     .noticed_at = now.boot,
                     .lacks_privilege = (wish->flags & abi::kRefusalPrivileged) != 0};
}

base::Result<Held> decode_row(Bytes row) {
  const auto record = load_exactly<abi::DescriptorRow>(row);
  if (!record) return std::unexpected(record.error());
  auto socket = socket_of(record->socket);
  if (!socket) return std::unexpected(std::move(socket).error());
  return Held{.holder = image_of(record->holder),
              .uid = base::Uid{record->holder.uid},
              .descriptor = record->descriptor,
              .socket = std::move(*socket)};
}

}  // namespace portwatch::sensor::bpf
