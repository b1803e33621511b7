// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs in the kernel tell, read into plain values. Pure: nothing is asked of the system. Each
// length is checked, and what does not fit is refused whole. Texts come from other processes and may hold any
// byte; secrets in command lines are replaced here.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::sensor::bpf {

using Bytes = std::span<const std::byte>;

/// One image of a process: exec(2) keeps the key and changes the image.
struct ImageId {
  model::ProcessKey key;  ///< as procfs would show it; the pid is of the initial pid namespace
  std::uint64_t start_ns = 0;
  std::uint64_t exec_id = 0;

  bool operator==(const ImageId&) const = default;
};

/// What happened, when, and who did it.
struct Happening {
  base::BootTime at;
  ImageId image;
  base::Uid uid;  ///< effective, at that time

  bool operator==(const Happening&) const = default;
};

/// Who an image of a process is. It comes before the first event that names the image.
struct ProcessTold {
  Happening happening;
  std::string name;  ///< comm
  std::optional<model::Executable> exe;
  bool is_exe_truncated = false;  ///< the path lacks its beginning
  std::optional<std::vector<std::string>> argv;
  bool is_argv_truncated = false;
  std::optional<std::string> cwd;
  bool is_cwd_truncated = false;
  std::optional<std::string> cgroup;  ///< path in the hierarchy of version 2: "/system.slice/nginx.service"
  std::uint64_t cgroup_id = 0;
  std::optional<base::Uid> login_uid;
  std::uint32_t audit_session = 0;
  base::Pid session;     ///< the leader of its session
  std::string terminal;  ///< "pts3"; empty: none
  base::Pid inner_pid;   ///< in its own pid namespace
  std::uint64_t pid_namespace = 0;
  base::Netns netns;  ///< of the process: its sockets can be in others
  std::vector<model::Ancestor> ancestors;
  bool are_ancestors_truncated = false;
  bool is_kernel_thread = false;

  bool operator==(const ProcessTold&) const = default;
};

struct Socket {
  model::SocketRecord record;  ///< `device` is empty: the name is asked with `device_index`
  std::uint32_t device_index = 0;
  std::uint32_t backlog = 0;
  bool shares_port = false;  ///< SO_REUSEPORT
  bool is_listening = false;
  bool is_connected = false;

  bool operator==(const Socket&) const = default;
};

/// A TCP listening period began, or a UDP socket was bound.
struct Opened {
  Happening happening;
  Socket socket;

  bool operator==(const Opened&) const = default;
};

/// A TCP listening period ended, or a UDP socket with a port went: of either it may be the first that is
/// told, when it opened before we watched (of UDP also a client that something asked for its cookie).
struct Ended {
  Happening happening;
  net::Protocol protocol = net::Protocol::kTcp;
  model::SocketId id;
  std::uint64_t inode = 0;
  base::Netns netns;
  std::optional<std::int32_t> wait_status;  ///< set when who closed it was ending, as of wait(2)
  bool was_connected = false;               ///< UDP: it was a client at its end
  bool is_by_kernel = false;                ///< a thread of the kernel's own let go of it

  bool operator==(const Ended&) const = default;
};

/// listen(2) failed: mostly another socket listens there.
struct ListenRefused {
  Happening happening;
  Socket wished;

  bool operator==(const ListenRefused&) const = default;
};

/// bind(2) failed. The reason is not told: `lacks_privilege` makes EACCES sure, else look who has the
/// address.
struct BindRefused {
  Happening happening;  ///< when and by whom it was asked for
  Socket wished;
  base::BootTime noticed_at;
  bool lacks_privilege = false;

  bool operator==(const BindRefused&) const = default;
};

/// A holder runs another program now. While it may still hold a socket, a ProcessTold of the new image comes
/// before this; else all its sockets were closed by the exec, and its fork and exit are not told any more.
struct HolderExec {
  Happening happening;
  std::uint64_t old_exec_id = 0;
  bool may_hold = false;

  bool operator==(const HolderExec&) const = default;
};

/// A holder made a child, which may have its sockets and is a holder from now on: the same program, until its
/// exec.
struct HolderFork {
  Happening happening;
  ImageId child;

  bool operator==(const HolderFork&) const = default;
};

struct HolderExit {
  Happening happening;
  std::int32_t wait_status = 0;

  bool operator==(const HolderExit&) const = default;
};

using Event =
    std::variant<ProcessTold, Opened, Ended, ListenRefused, BindRefused, HolderExec, HolderFork, HolderExit>;

/// A record of the ring. Errors: kCorrupt.
[[nodiscard]] base::Result<Event> decode_event(Bytes record);

/// A value of the map of wishes, noticed at `now`. Its time is the end of the clock tick in which it was;
/// `tick`: how long one is. Errors: kCorrupt.
[[nodiscard]] base::Result<BindRefused> decode_wish(Bytes value, const base::Moment& now, base::Micros tick);

/// A descriptor of a process that is a socket with a port.
struct Held {
  ImageId holder;
  base::Uid uid;
  std::uint32_t descriptor = 0;
  Socket socket;

  bool operator==(const Held&) const = default;
};

/// A row of the iterator. Errors: kCorrupt.
[[nodiscard]] base::Result<Held> decode_row(Bytes row);

}  // namespace portwatch::sensor::bpf
