// SPDX-License-Identifier: Apache-2.0
// The texts of procfs. The first byte says which file the rest is. A process chooses its name, its arguments
// and its folder itself, so who it is taken for is asked of the same bytes.
#include <algorithm>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "daemon/core/program_identity.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/login_sessions.h"
#include "daemon/sensor/linux/proc_net.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

void socket_table(net::Protocol protocol, std::string_view text) {
  for (const std::string_view line : base::split(text, '\n')) {
    const auto row = sensor::parse_proc_net_line(protocol, line);
    if (!row) continue;
    PW_ASSERT(row->endpoint.protocol == protocol && row->endpoint.port != base::Port{0});
    PW_ASSERT(row->id.kind == model::SocketId::Kind::kInode && row->id.value != 0);
    PW_ASSERT(row->inode == 0 || row->id.value == row->inode);
  }
}

void stat(std::string_view text) {
  const auto stat = sensor::parse_stat(text);
  if (!stat) return;
  PW_ASSERT(text.find(" (" + stat->name + ")") != std::string_view::npos);
  PW_ASSERT(!stat->is_headless() || stat->is_dead());
}

void status(std::string_view text) {
  const auto uid = sensor::parse_effective_uid(text);
  PW_ASSERT(!uid || text.find('\t' + std::to_string(uid->value)) != std::string_view::npos ||
            text.find("\t0") != std::string_view::npos);
}

void cgroup(std::string_view text) {
  const sensor::CgroupFacts facts = sensor::parse_cgroup(text);
  for (const auto& name : {facts.unit, facts.container})
    PW_ASSERT(!name || (!name->empty() && name->find('/') == std::string::npos &&
                        name->find('\n') == std::string::npos));
}

/// The program and its folder, then its arguments, each ended by NUL as in cmdline.
void identity(std::string_view text, bool is_whole) {
  model::Process process{.key = {.pid = {7}}, .name = "x"};
  const auto take = [&text] {
    const std::string_view part = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return std::string(part);
  };
  const sensor::ExecutableLink link = sensor::parse_executable_link(take());
  if (!link.path.empty()) process.exe = model::Executable{.path = link.path, .is_deleted = link.is_deleted};
  if (std::string folder = take(); !folder.empty()) process.cwd = std::move(folder);
  process.argv = sensor::parse_command_line(text, is_whole, 64).arguments;
  process.is_argv_truncated = !is_whole;

  const model::ProgramIdentity program = core::identity_of(process);
  PW_ASSERT(core::same_program(program, core::identity_of(process)));
  // Neither its number nor when it started is a part of who it is.
  model::Process again = process;
  again.key = {.pid = {8}, .start = base::BootTime{base::Micros{1}}};
  PW_ASSERT(core::same_program(program, core::identity_of(again)));
  const std::string script = core::script_of(process);
  PW_ASSERT(script.empty() || !process.cwd || !process.cwd->starts_with('/') || script.starts_with('/'));
}

void command_line(std::string_view text, bool is_whole) {
  constexpr std::size_t kMost = 8;
  const sensor::CommandLine line = sensor::parse_command_line(text, is_whole, kMost);
  PW_ASSERT(line.arguments.size() <= kMost && (is_whole || line.is_truncated));
  std::size_t bytes = 0;
  for (const std::string& argument : line.arguments) {
    PW_ASSERT(argument.find('\0') == std::string::npos);
    bytes += argument.size() + 1;
  }
  PW_ASSERT(bytes <= text.size() + 1);
}

void links(std::string_view text) {
  const sensor::ExecutableLink exe = sensor::parse_executable_link(text);
  PW_ASSERT(text.starts_with(exe.path) && exe.is_deleted == (exe.path.size() < text.size()));
  const auto inode = sensor::parse_socket_link(text);
  PW_ASSERT(!inode || text.starts_with("socket:["));
  static_cast<void>(sensor::parse_namespace_link("net", text));
  const auto descriptor = sensor::parse_descriptor(text);
  PW_ASSERT(!descriptor || *descriptor >= 0);
  const auto pid = sensor::parse_pid(text);
  PW_ASSERT(!pid || pid->value > 0);
}

void small_files(std::string_view text) {
  static_cast<void>(sensor::has_no_randomize_flag(text));
  const auto login = sensor::parse_login_uid(text);
  PW_ASSERT(!login || login->value != 0xFFFFFFFF);
  const auto session = sensor::parse_audit_session(text);
  PW_ASSERT(!session || *session != 0xFFFFFFFF);
  PW_ASSERT(sensor::terminal_name(text).size() <= text.size() + 1);
  const auto cgroup_session = sensor::login_session_of(text);
  PW_ASSERT(!cgroup_session || (!cgroup_session->empty() && cgroup_session->find('/') == std::string::npos));
}

}  // namespace

void proc(std::string_view input) {
  const char file = static_cast<char>(take_byte(input));
  switch (file) {
    case 't': return socket_table(net::Protocol::kTcp, input);
    case 'u': return socket_table(net::Protocol::kUdp, input);
    case 's': return stat(input);
    case 'S': return status(input);
    case 'g': return cgroup(input);
    case 'c': return command_line(input, true);
    case 'C': return command_line(input, false);
    case 'i': return identity(input, true);
    case 'I': return identity(input, false);
    case 'l': return links(input);
    default: return small_files(input);
  }
}

}  // namespace portwatch::fuzz
