// SPDX-License-Identifier: Apache-2.0
// A Unix socket's file is made by bind(2), with 0777 less the umask; to change the mode afterwards would
// leave it open for a moment, so it is bound under a umask (unix(7)). A file that a daemon left behind when
// it was killed must be removed before bind(2) works again: connect(2) tells it from a living one
// (ECONNREFUSED), and a lock keeps two starting daemons from removing each other's.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "common/uv/socket_path.h"
#include "daemon/server/private_umask.h"
#include "daemon/server/socket_folder.h"
#include "daemon/server/socket_listener.h"

namespace portwatch::server {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::fail;
using base::fail_os;
using platform::Descriptor;

constexpr int kBacklog = 128;

constexpr mode_t mode_for(Audience audience) {
  return audience == Audience::kOwner ? 0600 : 0666;
}

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PW_ASSERT(path.native().size() < sizeof address.sun_path);
  std::ranges::copy(path.native(), static_cast<char*>(address.sun_path));
  return address;
}

Descriptor make_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

base::Result<Descriptor> lock(const fs::path& path) {
  const std::string name = path.native() + ".lock";
  Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!lock) return fail_os(fmt::format("cannot open the lock {}", name), errno);
  struct stat status{};
  if (::fstat(lock.get(), &status) != 0)
    return fail_os(fmt::format("cannot look at the lock {}", name), errno);
  if (!S_ISREG(status.st_mode) || (status.st_uid != ::geteuid() && status.st_uid != 0))
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format("the lock {} is no ordinary file of ours; move it away, or choose another socket", name));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return fail(ErrorCode::kConflict, fmt::format("another portwatchd answers at {}", path.native()));
    return fail_os(fmt::format("cannot lock {}", name), errno);
  }
  return lock;
}

/// Whether there is something that a dead daemon left. Errors: what is there is not to be removed.
base::Result<bool> has_leftover(const fs::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return false;
    return fail_os(fmt::format("cannot look at {}", path.native()), errno);
  }
  if (!S_ISSOCK(found.st_mode))
    return fail(ErrorCode::kConflict,
                fmt::format("{} is there already and is no socket; move it away or choose another path",
                            path.native()));

  const Descriptor probe = make_socket();
  if (!probe) return fail_os("cannot make a socket", errno);
  const sockaddr_un address = address_of(path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN)
    return fail(ErrorCode::kConflict, fmt::format("somebody answers at {} already", path.native()));
  if (errno == ENOENT) return false;
  if (errno != ECONNREFUSED)
    return fail_os(fmt::format("cannot tell whether somebody lives at {}", path.native()), errno);
  return true;
}

/// Removes what a dead daemon left, and nothing else.
base::Status clear_the_way(const fs::path& path) {
  const auto leftover = has_leftover(path);
  if (!leftover) return std::unexpected(leftover.error());
  if (*leftover && ::unlink(path.c_str()) != 0 && errno != ENOENT)
    return fail_os(fmt::format("cannot remove the socket {} of a daemon that is gone", path.native()), errno);
  return {};
}

}  // namespace

struct SocketListener::State {
  fs::path path;
  Descriptor lock;
  Descriptor socket;
  dev_t device = 0;
  ino_t inode = 0;

  ~State() {
    struct stat found{};
    if (inode != 0 && ::lstat(path.c_str(), &found) == 0 && found.st_dev == device && found.st_ino == inode)
      ::unlink(path.c_str());
  }
};

SocketListener::SocketListener(std::unique_ptr<State> state) : state_(std::move(state)) {}
SocketListener::SocketListener(SocketListener&&) noexcept = default;
SocketListener& SocketListener::operator=(SocketListener&&) noexcept = default;
SocketListener::~SocketListener() = default;

base::Result<SocketListener> SocketListener::bind(const fs::path& given, Audience audience) {
  PW_TRY(uv::check_socket_path(given));
  const fs::path path = given.has_parent_path() ? given : "." / given;
  if (!path.has_filename())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the socket's path {} names a folder", path.native()));
  PW_TRY(uv::check_socket_path(path));
  PW_TRY(prepare_socket_folder(path, audience));
  const mode_t mode = mode_for(audience);

  auto state = std::make_unique<State>();
  state->path = path;
  auto locked = lock(path);
  if (!locked) return std::unexpected(std::move(locked).error());
  state->lock = std::move(*locked);
  PW_TRY(clear_the_way(path));

  state->socket = make_socket();
  if (!state->socket) return fail_os("cannot make a socket", errno);
  const sockaddr_un address = address_of(path);
  int problem = 0;
  run_with_umask(0777U & ~mode, [&] {
    if (::bind(state->socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      problem = errno;
  });
  if (problem != 0) return fail_os(fmt::format("cannot bind the socket {}", path.native()), problem);

  struct stat bound{};
  if (::lstat(path.c_str(), &bound) != 0)
    return fail_os(fmt::format("cannot look at {}", path.native()), errno);
  state->device = bound.st_dev;
  state->inode = bound.st_ino;
  // An access control list that the folder hands down takes the umask's place (acl(5)).
  if ((bound.st_mode & 0777U) != mode)
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format(
            "the socket {} came out with mode {:04o} instead of {:04o}; its folder has a default access list",
            path.native(), bound.st_mode & 0777U, mode));
  if (::listen(state->socket.get(), kBacklog) != 0)
    return fail_os(fmt::format("cannot listen on {}", path.native()), errno);
  return SocketListener(std::move(state));
}

base::Status SocketListener::check_is_free(const fs::path& path) {
  PW_TRY(uv::check_socket_path(path));
  PW_TRY(has_leftover(path));
  return {};
}

int SocketListener::release_descriptor() {
  PW_ASSERT(state_->socket);
  return state_->socket.release();
}

}  // namespace portwatch::server
