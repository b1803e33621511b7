// SPDX-License-Identifier: Apache-2.0
// Folders under POSIX permissions: owner and mode decide. The last component is not followed when it is a
// symbolic link; those above it are, when they are root's or ours.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/platform/descriptor.h"
#include "common/platform/folder_safety.h"
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
  if (auto way = platform::check_way_to(path->parent_path()); !way)
    return base::with_context("the way to the state folder", way.error());
  return *path;
}

}  // namespace portwatch::app
