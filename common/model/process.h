// SPDX-License-Identifier: Apache-2.0
#pragma once

// A process as far as we could see it. Every text in here came from outside: raw bytes, kept as they are.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/model/attribution.h"

namespace portwatch::model {

/// Names a process for as long as the machine is up: a pid alone is reused.
struct ProcessKey {
  base::Pid pid;
  base::BootTime start;  ///< proc(5) stat field 22, 10 ms steps on most kernels

  auto operator<=>(const ProcessKey&) const = default;
};

struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  auto operator<=>(const FileId&) const = default;
};

/// In place of a path that the kernel does not tell because it is too long (readlink(2): ENAMETOOLONG): this,
/// and the file's device and inode where they are known, so that two such files are not taken for one. A path
/// that lacks its beginning begins with ".../". All others begin with a slash.
inline constexpr std::string_view kTooLongPath = "(path too long";
/// Behind a path at which we find another file, or none: the process sees other mounts than we do.
inline constexpr std::string_view kForeignFileMark = " (not the file that is there)";

/// Whether it is less than a whole path.
[[nodiscard]] constexpr bool is_unnamed_path(std::string_view path) {
  return path.starts_with(kTooLongPath) || path.starts_with(".../");
}

struct Executable {
  std::string path;            ///< as the kernel shows it, without the " (deleted)" mark
  std::optional<FileId> file;  ///< unset when it could not be read without asking a foreign filesystem
  bool is_deleted = false;     ///< the file is no longer at its path

  bool operator==(const Executable&) const = default;
};

struct Ancestor {
  base::Pid pid;
  base::BootTime start;
  std::string name;  ///< comm, at most 15 bytes

  bool operator==(const Ancestor&) const = default;
};

/// The login that a process comes from, by what the system says of it: a process can change none of it, but
/// for its session and terminal. All of it is passed on to children, also by sudo(8) and su(1).
struct Login {
  std::optional<base::Uid> uid;          ///< who logged in (audit); unset for services
  std::optional<std::string> user;       ///< the name of uid, where the system knows one
  std::optional<std::uint32_t> session;  ///< number of the audit session
  std::optional<base::Pid> leader;       ///< the first process of its session (setsid(2))
  std::string terminal;                  ///< its controlling terminal: "pts/3"; empty: none
  std::string peer;  ///< from where somebody logged in, as the login manager noted it: mostly an address.
                     ///< Empty: here, or not known

  bool operator==(const Login&) const = default;
};

struct Process {
  ProcessKey key;
  base::UtcTime started_at;       ///< key.start in UTC, as mapped when the process was read
  std::string name;               ///< comm: what the process calls itself, at most 15 bytes
  std::optional<Executable> exe;  ///< unset: denied, or a kernel thread
  std::vector<std::string> argv;  ///< bounded; secrets are already replaced
  bool is_argv_truncated = false;
  std::optional<std::string> cwd;
  std::optional<base::Uid> uid;     ///< effective
  std::optional<std::string> user;  ///< the name of uid, where the system knows one
  Login login;
  std::optional<std::string> unit;            ///< systemd unit from the cgroup: "nginx.service"
  std::optional<std::string> container;       ///< container id from the cgroup
  std::optional<std::string> container_name;  ///< as the engine calls it: "web", "NAMESPACE/POD/CONTAINER"
  std::vector<Ancestor> ancestors;            ///< parent first, up to pid 1
  Attribution attribution = Attribution::kExact;  ///< how much of it could be read: exact, denied, exited
  /// Another number after each exec, as far as the sensor can tell; the same in a fork. 0: it cannot. Means
  /// something within one run alone: it is neither stored nor told.
  std::uint64_t image = 0;

  bool operator==(const Process&) const = default;
};

/// Processes are immutable once read, and shared between the sensor's cache, the tracker and the answers.
using ProcessRef = std::shared_ptr<const Process>;

}  // namespace portwatch::model

template <>
struct std::hash<portwatch::model::ProcessKey> {
  std::size_t operator()(const portwatch::model::ProcessKey& key) const noexcept {
    return std::hash<portwatch::base::Pid>{}(key.pid) * 31U +
           static_cast<std::size_t>(key.start.time_since_epoch().count());
  }
};
