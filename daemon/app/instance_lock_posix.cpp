// SPDX-License-Identifier: Apache-2.0
// flock(2) belongs to the open file, not to the process: the descriptor is closed on exec, so no child can
// keep the lock.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "common/base/text.h"
#include "daemon/app/instance_lock.h"

namespace portwatch::app {
namespace {

/// The pid that the holder wrote, if it has written one that looks like a pid.
std::optional<std::uint64_t> read_pid(int fd) {
  std::array<char, 24> buffer{};
  const ssize_t length = pread(fd, buffer.data(), buffer.size(), 0);
  if (length <= 0) return std::nullopt;
  return base::parse_u64(base::trim({buffer.data(), static_cast<std::size_t>(length)}));
}

std::unexpected<base::Error> fail_taken(const std::filesystem::path& folder,
                                        std::optional<std::uint64_t> pid) {
  const std::string who = pid ? fmt::format("another portwatchd (pid {})", *pid) : "another portwatchd";
  const std::string stop = pid ? fmt::format("stop it (kill {})", *pid) : "stop it";
  return base::fail(
      base::ErrorCode::kConflict,
      fmt::format("{} already works with the state folder {}; {}, or give this one folder and socket of "
                  "its own with --state-dir and --socket",
                  who, folder.native(), stop));
}

}  // namespace

base::Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path& state_directory) {
  const std::filesystem::path path = state_directory / kLockFileName;
  platform::Descriptor file{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  if (!file) {
    if (errno == ELOOP)
      return base::fail(
          base::ErrorCode::kPermissionDenied,
          fmt::format("the lock file {} is a symbolic link, which portwatchd does not follow; remove it",
                      path.native()));
    return base::fail_os(fmt::format("cannot open the lock file {}", path.native()), errno);
  }
  struct stat status{};
  if (fstat(file.get(), &status) != 0)
    return base::fail_os(fmt::format("cannot look at the lock file {}", path.native()), errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
    return base::fail(base::ErrorCode::kPermissionDenied,
                      fmt::format("the lock file {} is not an ordinary file of uid {}; remove it",
                                  path.native(), geteuid()));

  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail_taken(state_directory, read_pid(file.get()));
    return base::fail_os(fmt::format("cannot lock {}", path.native()), errno);
  }
  // A file that has another name too (a hard link) may be something else there: it is locked and not written.
  if (status.st_nlink > 1) return InstanceLock{std::move(file)};
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return base::fail_os(fmt::format("cannot write our pid into {}", path.native()), errno);
  return InstanceLock{std::move(file)};
}

}  // namespace portwatch::app
