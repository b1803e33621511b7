// SPDX-License-Identifier: Apache-2.0
#pragma once

// The texts of /proc/PID (proc(5)). A process chooses its name and its arguments itself, so every byte may be
// hostile. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/strong_type.h"

namespace portwatch::sensor {

struct ProcStat {
  base::Pid pid;
  std::string name;            ///< comm; may hold spaces, parentheses and newlines
  char state = '?';            ///< 'R', 'S', 'Z', …
  base::Pid parent;            ///< 0: none that we can see
  base::Pid session;           ///< the first process of its session (setsid(2)); 0: none that we can see
  std::uint32_t terminal = 0;  ///< device number of the controlling terminal; 0: none
  bool is_kernel_thread = false;
  std::uint32_t threads = 1;
  std::uint64_t start_ticks = 0;  ///< since boot

  /// Its first thread has ended.
  [[nodiscard]] bool is_dead() const { return state == 'Z' || state == 'X'; }
  /// Its first thread has ended, and others go on.
  [[nodiscard]] bool is_headless() const { return is_dead() && threads > 1; }
};

[[nodiscard]] std::optional<ProcStat> parse_stat(std::string_view text);

/// The real uid in the text of status, and the effective one.
[[nodiscard]] std::optional<base::Uid> parse_real_uid(std::string_view status);
[[nodiscard]] std::optional<base::Uid> parse_effective_uid(std::string_view status);

/// Whether the text of personality (hex) has ADDR_NO_RANDOMIZE set (personality(2)).
[[nodiscard]] bool has_no_randomize_flag(std::string_view text);

/// The uid in the text of loginuid; nothing when nobody logged in.
[[nodiscard]] std::optional<base::Uid> parse_login_uid(std::string_view text);
/// The number in the text of sessionid; nothing when nobody logged in.
[[nodiscard]] std::optional<std::uint32_t> parse_audit_session(std::string_view text);

/// "pts/3", "tty1", "ttyS0"; "terminal 204:64" where the name is not ours to know. Empty for 0.
[[nodiscard]] std::string terminal_name(std::uint32_t device);
/// The kernel's own name of a terminal ("pts3") as below /dev.
[[nodiscard]] std::string terminal_name(std::string_view kernel_name);

struct CommandLine {
  std::vector<std::string> arguments;
  bool is_truncated = false;
};

/// The text of cmdline, where each argument ends with NUL. `is_whole` says that the text was read to its end.
/// A process that wrote a title over its arguments leaves a row of NULs behind it: those are not arguments.
[[nodiscard]] CommandLine parse_command_line(std::string_view text, bool is_whole, std::size_t max_arguments);

struct ExecutableLink {
  std::string path;
  bool is_deleted = false;
};

/// The text of the link exe: "/usr/bin/vi", "/tmp/x (deleted)", "/memfd:x (deleted)".
[[nodiscard]] ExecutableLink parse_executable_link(std::string_view text);

/// The inode in "socket:[12345]"; nothing for other files.
[[nodiscard]] std::optional<std::uint64_t> parse_socket_link(std::string_view text);

/// The inode in "net:[4026531840]", for a namespace of that kind.
[[nodiscard]] std::optional<std::uint64_t> parse_namespace_link(std::string_view kind, std::string_view text);

/// The name of a file in /proc/PID/fd.
[[nodiscard]] std::optional<std::int32_t> parse_descriptor(std::string_view name);

/// A folder's name in /proc that is a pid.
[[nodiscard]] std::optional<base::Pid> parse_pid(std::string_view name);

}  // namespace portwatch::sensor
