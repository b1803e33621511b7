// SPDX-License-Identifier: Apache-2.0
// Folders under POSIX permissions: owner and mode decide. The last component is not followed when it is a
// symbolic link; those above it are the administrator's business.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/platform/descriptor.h"
#include "daemon/app/state_directory.h"

namespace portwatch::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

/// An absolute path without "." and "..", and without a slash at its end.
base::Result<fs::path> normalised(const fs::path& path) {
  if (path.empty()) return base::fail(base::ErrorCode::kInvalidArgument, "the name of the folder is empty");
  std::error_code error;
  fs::path result = fs::absolute(path, error).lexically_normal();
  if (error)
    return base::fail_os(fmt::format("cannot make {} an absolute path", path.native()), error.value());
  if (!result.has_filename()) result = result.parent_path();
  return result;
}

base::Status make_folders(const fs::path& path, mode_t mode) {
  if (path.has_parent_path() && path.parent_path() != path) {
    struct stat status{};
    if (stat(path.parent_path().c_str(), &status) != 0 && errno == ENOENT)
      PW_TRY(make_folders(path.parent_path(), mode));
  }
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return base::fail_os(fmt::format("cannot make the folder {}", path.native()), errno);
  return {};
}

base::Result<struct stat> look_at(const fs::path& path) {
  const platform::Descriptor folder{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!folder) {
    if (errno == ELOOP || errno == ENOTDIR)
      return base::fail(
          base::ErrorCode::kPermissionDenied,
          fmt::format("{} is not a folder (symbolic links are not followed here); give the folder itself",
                      path.native()));
    return base::fail_os(fmt::format("cannot open the folder {}", path.native()), errno);
  }
  struct stat status{};
  if (fstat(folder.get(), &status) != 0)
    return base::fail_os(fmt::format("cannot look at the folder {}", path.native()), errno);
  return status;
}

}  // namespace

base::Result<fs::path> prepare_state_directory(const fs::path& wanted) {
  const auto path = normalised(wanted);
  if (!path) return base::with_context("state folder", path.error());
  if (auto made = make_folders(*path, 0700); !made) return base::with_context("state folder", made.error());
  const auto status = look_at(*path);
  if (!status) return base::with_context("state folder", status.error());
  if (status->st_uid != geteuid())
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("the state folder {} belongs to uid {}, but portwatchd runs as uid {}; run it as that "
                    "user, or give another folder with --state-dir",
                    path->native(), status->st_uid, geteuid()));
  if ((status->st_mode & kWritableByOthers) != 0)
    return base::fail(base::ErrorCode::kPermissionDenied,
                      fmt::format("the state folder {} can be written by others (mode {:04o}); chmod go-w it",
                                  path->native(), status->st_mode & 07777U));
  return *path;
}

base::Status prepare_socket_directory(const fs::path& socket, bool is_for_everybody) {
  auto path = normalised(socket.has_parent_path() ? socket.parent_path() : fs::path("."));
  if (!path) return base::with_context("folder of the socket", path.error());
  struct stat status{};
  if (lstat(path->c_str(), &status) != 0 && errno == ENOENT) {
    const mode_t mode = is_for_everybody ? 0755 : 0700;
    if (auto made = make_folders(*path, mode); !made)
      return base::with_context("folder of the socket", made.error());
    // The umask may have taken away what clients need to reach the socket.
    if (chmod(path->c_str(), mode) != 0)
      return base::fail_os(fmt::format("cannot set the mode of the folder {}", path->native()), errno);
  }
  // A symbolic link is fine here (/var/run is one); who may swap what lies in the folder is what counts.
  if (stat(path->c_str(), &status) != 0)
    return base::fail_os(fmt::format("cannot look at the folder of the socket {}", path->native()), errno);
  if (!S_ISDIR(status.st_mode))
    return base::fail(base::ErrorCode::kInvalidArgument, fmt::format("{} is not a folder", path->native()));
  const bool is_shared_safely = (status.st_mode & S_ISVTX) != 0;
  if (is_shared_safely) return {};
  if (status.st_uid != geteuid() && status.st_uid != 0)
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("the folder of the socket {} belongs to uid {}, who could put another socket in its "
                    "place; give another one with --socket",
                    path->native(), status.st_uid));
  if ((status.st_mode & kWritableByOthers) != 0)
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("the folder of the socket {} can be written by others (mode {:04o}); chmod go-w it, or "
                    "give another one with --socket",
                    path->native(), status.st_mode & 07777U));
  return {};
}

}  // namespace portwatch::app
