// SPDX-License-Identifier: Apache-2.0
// path_resolution(7), by hand: lstat(2) on each step, so that links are seen and not only where they lead. In
// a folder with the sticky bit only root and the owner of an entry may rename it (inode(7)).

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "common/platform/folder_safety.h"
#include "common/platform/user_mapping.h"

namespace portwatch::platform {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;

/// Root outside of a user namespace that we are in has no number, and rules over all of it anyway.
bool is_trusted(uid_t uid) {
  return uid == 0 || uid == ::geteuid() || is_unmapped_user(uid);
}

base::Status check_step(const fs::path& step, const struct stat& status) {
  if (!is_trusted(status.st_uid))
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("{} belongs to uid {}, who could put something else in its place; choose another folder",
                    step.native(), status.st_uid));
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format(
            "everybody may replace what lies in {} (mode {:04o}); chmod o-w it, or choose another folder",
            step.native(), status.st_mode & 07777U));
  return {};
}

}  // namespace

base::Status check_way_to(const fs::path& folder) {
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error);
  if (error)
    return base::fail_os(fmt::format("cannot make {} an absolute path", folder.native()), error.value());
  std::vector<fs::path> ahead;  // what is left to walk, the next step last
  const auto go_on_with = [&ahead](const fs::path& path) {
    const std::vector<fs::path> parts(path.begin(), path.end());
    ahead.insert(ahead.end(), parts.rbegin(), parts.rend());
  };
  go_on_with(absolute);
  fs::path at;
  int links = 0;
  while (!ahead.empty()) {
    const fs::path part = std::move(ahead.back());
    ahead.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      at = at.parent_path();
      continue;
    }
    const fs::path step = at / part;
    struct stat status{};
    if (::lstat(step.c_str(), &status) != 0)
      return base::fail_os(fmt::format("cannot look at {}", step.native()), errno);
    PW_TRY(check_step(step, status));
    if (!S_ISLNK(status.st_mode)) {
      at = step;
      continue;
    }
    if (++links > kMaxLinks)
      return base::fail(base::ErrorCode::kInvalidArgument,
                        fmt::format("too many symbolic links on the way to {}", folder.native()));
    const fs::path target = fs::read_symlink(step, error);
    if (error) return base::fail_os(fmt::format("cannot read the link {}", step.native()), error.value());
    go_on_with(target);
  }
  return {};
}

}  // namespace portwatch::platform
