// SPDX-License-Identifier: Apache-2.0
// A record of the kernel's programs: whatever it holds, it is read within its bounds or refused, always
// alike, and what is read is no more than fits into it.
#include <variant>

#include "daemon/sensor/linux/bpf/decode.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

namespace bpf = sensor::bpf;

void check(const bpf::ProcessTold& told, std::size_t size) {
  std::size_t text = told.name.size() + told.terminal.size();
  if (told.exe) text += told.exe->path.size();
  if (told.cwd) text += told.cwd->size();
  if (told.cgroup) text += told.cgroup->size();
  PW_ASSERT(text <= size);
  PW_ASSERT(!told.exe || told.is_exe_truncated || told.exe->path.starts_with('/'));
  PW_ASSERT(!told.cwd || told.is_cwd_truncated || told.cwd->starts_with('/'));
}

void check(const bpf::Socket& socket) {
  PW_ASSERT(!socket.record.is_v6only || socket.record.endpoint.address.is_wildcard());
  PW_ASSERT(socket.record.id.kind == model::SocketId::Kind::kCookie);
}

}  // namespace

void bpf_events(std::string_view input) {
  const bpf::Bytes bytes = std::as_bytes(std::span(input));
  const auto event = bpf::decode_event(bytes);
  if (event) {
    PW_ASSERT(bpf::decode_event(bytes) == event);
    if (const auto* const told = std::get_if<bpf::ProcessTold>(&*event)) check(*told, bytes.size());
    if (const auto* const opened = std::get_if<bpf::Opened>(&*event)) {
      check(opened->socket);
      PW_ASSERT(opened->socket.record.endpoint.port != base::Port{0});
    }
  }
  if (const auto row = bpf::decode_row(bytes)) check(row->socket);
  if (const auto wish = bpf::decode_wish(bytes, {}, {})) check(wish->wished);
}

}  // namespace portwatch::fuzz
