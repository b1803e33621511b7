// SPDX-License-Identifier: Apache-2.0
// Owner and mode decide, as inode(7) has them. Folders are made under an umask of our own, so that clients
// can reach a socket that is for everybody.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/platform/folder_safety.h"
#include "daemon/server/private_umask.h"
#include "daemon/server/socket_folder.h"

namespace portwatch::server {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::fail;
using base::fail_os;

/// Makes the missing folders above `path`, outermost first.
base::Status make_folders(const fs::path& folder, mode_t mode) {
  fs::path made;
  for (const fs::path& part : folder) {
    made /= part;
    int problem = 0;
    // An existing one is found by looking, because mkdir(2) may say EACCES or EROFS before it says EEXIST.
    struct stat found{};
    if (::stat(made.c_str(), &found) == 0) continue;
    run_with_umask(0, [&] {
      if (::mkdir(made.c_str(), mode) != 0 && errno != EEXIST) problem = errno;
    });
    if (problem != 0)
      return fail_os(fmt::format("cannot make the folder {} for the socket", made.native()), problem);
  }
  return {};
}

/// Whoever may write to the folder could put a socket of his own in the place of ours; with the sticky bit
/// (/tmp) only the owner of what lies there may move it away.
base::Status check_folder(const fs::path& folder) {
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0)
    return fail_os(fmt::format("cannot look at the socket's folder {}", folder.native()), errno);
  if (!S_ISDIR(found.st_mode))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the socket's folder {} is no folder", folder.native()));
  if (found.st_uid != ::geteuid() && found.st_uid != 0)
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("the socket's folder {} belongs to another user (uid {}); choose one of your own",
                            folder.native(), found.st_uid));
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (found.st_mode & S_ISVTX) == 0)
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format(
            "others may write to the socket's folder {} (mode {:04o}); choose one that only you can write to",
            folder.native(), found.st_mode & 07777U));
  return {};
}

}  // namespace

base::Status prepare_socket_folder(const fs::path& socket, Audience audience) {
  const fs::path folder = socket.has_parent_path() ? socket.parent_path() : fs::path(".");
  PW_TRY(make_folders(folder, audience == Audience::kOwner ? 0700 : 0755));
  PW_TRY(check_folder(folder));
  return base::Status(platform::check_way_to(folder));
}

}  // namespace portwatch::server
