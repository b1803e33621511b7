// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/proc_pid.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::sensor {
namespace {

constexpr std::uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD, linux/sched.h
constexpr std::string_view kDeletedMark = " (deleted)";

template <class T>
std::optional<T> parse_as(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "<prefix>[<number>]"
std::optional<std::uint64_t> parse_bracketed(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || !text.ends_with(']')) return std::nullopt;
  text.remove_prefix(prefix.size());
  text.remove_suffix(1);
  return parse_as<std::uint64_t>(text);
}

std::optional<base::Uid> parse_uid(std::string_view status, std::size_t index) {
  // "Uid:\treal\teffective\tsaved\tfs". The name's line comes before it; the kernel escapes a newline in
  // there.
  constexpr std::string_view kLabel = "\nUid:\t";
  const std::size_t at = status.find(kLabel);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = status.substr(at + kLabel.size());
  line = line.substr(0, line.find('\n'));
  const auto numbers = base::split(line, '\t');
  if (numbers.size() <= index) return std::nullopt;
  const auto uid = parse_as<std::uint32_t>(numbers[index]);
  if (!uid) return std::nullopt;
  return base::Uid{*uid};
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
  // The name stands in parentheses and may hold any itself; behind the last one there are only numbers and
  // the state.
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2)
    return std::nullopt;
  const auto pid = parse_as<std::int32_t>(text.substr(0, open));

  // Fields by their number in proc(5): 3 is the state, the first behind the name.
  constexpr int kState = 3, kParent = 4, kSession = 6, kTerminal = 7, kFlags = 9, kThreads = 20, kStart = 22;
  char state = '?';
  std::optional<std::int32_t> parent, session, terminal;
  std::optional<std::uint32_t> threads;
  std::optional<std::uint64_t> flags, start;
  std::string_view rest = base::trim(text.substr(close + 1));
  for (int field = kState; field <= kStart && !rest.empty(); ++field) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (field == kState && word.size() == 1) state = word.front();
    if (field == kParent) parent = parse_as<std::int32_t>(word);
    if (field == kSession) session = parse_as<std::int32_t>(word);
    if (field == kTerminal) terminal = parse_as<std::int32_t>(word);
    if (field == kFlags) flags = parse_as<std::uint64_t>(word);
    if (field == kThreads) threads = parse_as<std::uint32_t>(word);
    if (field == kStart) start = parse_as<std::uint64_t>(word);
  }
  if (!pid || !parent || !flags || !threads || !start) return std::nullopt;
  return ProcStat{.pid = base::Pid{*pid},
                  .name = std::string(text.substr(open + 2, close - open - 2)),
                  .state = state,
                  .parent = base::Pid{*parent},
                  .session = base::Pid{session.value_or(0)},
                  .terminal = static_cast<std::uint32_t>(terminal.value_or(0)),
                  .is_kernel_thread = (*flags & kKernelThreadFlag) != 0,
                  .threads = *threads,
                  .start_ticks = *start};
}

std::optional<base::Uid> parse_real_uid(std::string_view status) {
  return parse_uid(status, 0);
}

std::optional<base::Uid> parse_effective_uid(std::string_view status) {
  return parse_uid(status, 1);
}

bool has_no_randomize_flag(std::string_view text) {
  constexpr std::uint32_t kNoRandomize = 0x0040000;
  text = base::trim(text);
  std::uint32_t flags = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), flags, 16);
  return error == std::errc{} && (flags & kNoRandomize) != 0;
}

std::optional<base::Uid> parse_login_uid(std::string_view text) {
  constexpr auto kUnset = std::numeric_limits<std::uint32_t>::max();
  const auto uid = parse_as<std::uint32_t>(base::trim(text));
  if (!uid || *uid == kUnset) return std::nullopt;
  return base::Uid{*uid};
}

std::optional<std::uint32_t> parse_audit_session(std::string_view text) {
  const auto session = parse_as<std::uint32_t>(base::trim(text));
  return session && *session != std::numeric_limits<std::uint32_t>::max() ? session : std::nullopt;
}

/// The numbers are those of Documentation/admin-guide/devices.txt of the kernel.
std::string terminal_name(std::uint32_t device) {
  constexpr std::uint32_t kTty = 4, kFirstPts = 136, kLastPts = 143, kPtsOfOne = 256, kFirstSerial = 64;
  const std::uint32_t major = (device >> 8U) & 0xfffU;
  const std::uint32_t minor = (device & 0xffU) | ((device >> 12U) & 0xfff00U);
  if (device == 0) return {};
  if (major >= kFirstPts && major <= kLastPts)
    return fmt::format("pts/{}", minor + (major - kFirstPts) * kPtsOfOne);
  if (major == kTty && minor < kFirstSerial) return fmt::format("tty{}", minor);
  if (major == kTty) return fmt::format("ttyS{}", minor - kFirstSerial);
  return fmt::format("terminal {}:{}", major, minor);
}

std::string terminal_name(std::string_view kernel_name) {
  constexpr std::string_view kPts = "pts";
  if (kernel_name.starts_with(kPts) && kernel_name.size() > kPts.size() && kernel_name[kPts.size()] != '/')
    return fmt::format("pts/{}", kernel_name.substr(kPts.size()));
  return std::string(kernel_name);
}

CommandLine parse_command_line(std::string_view text, bool is_whole, std::size_t max_arguments) {
  CommandLine result{.is_truncated = !is_whole};
  if (text.ends_with(std::string_view("\0\0\0", 3))) {
    const std::size_t last = text.find_last_not_of('\0');
    text = last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
  } else if (text.ends_with('\0')) {
    text.remove_suffix(1);
  } else if (text.empty()) {
    return result;
  }
  if (text.empty()) return result;
  for (;;) {
    if (result.arguments.size() == max_arguments) {
      result.is_truncated = true;
      return result;
    }
    const std::size_t end = text.find('\0');
    result.arguments.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return result;
    text.remove_prefix(end + 1);
  }
}

ExecutableLink parse_executable_link(std::string_view text) {
  const bool is_deleted = text.ends_with(kDeletedMark);
  if (is_deleted) text.remove_suffix(kDeletedMark.size());
  return {.path = std::string(text), .is_deleted = is_deleted};
}

std::optional<std::uint64_t> parse_socket_link(std::string_view text) {
  return parse_bracketed("socket:[", text);
}

std::optional<std::uint64_t> parse_namespace_link(std::string_view kind, std::string_view text) {
  if (!text.starts_with(kind)) return std::nullopt;
  return parse_bracketed(":[", text.substr(kind.size()));
}

std::optional<std::int32_t> parse_descriptor(std::string_view name) {
  const auto fd = parse_as<std::int32_t>(name);
  return fd && *fd >= 0 ? fd : std::nullopt;
}

std::optional<base::Pid> parse_pid(std::string_view name) {
  const auto pid = parse_as<std::int32_t>(name);
  if (!pid || *pid <= 0) return std::nullopt;
  return base::Pid{*pid};
}

}  // namespace portwatch::sensor
