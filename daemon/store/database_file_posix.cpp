// SPDX-License-Identifier: Apache-2.0
// POSIX: SQLite itself makes files with 0644 under the umask, which belongs to the whole process; so the file
// is made here with open(2) and O_EXCL. SQLite gives its companions (-wal, -shm) the mode of the database
// file.
#include "daemon/store/database_file.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/unique_handle.h"

namespace portwatch::store {
namespace {

constexpr mode_t kMode = S_IRUSR | S_IWUSR;

struct FdTraits {
  using Raw = int;
  static constexpr int kNone = -1;
  static void close(int fd) noexcept {
    (void)::close(fd);
  }  // nothing was written through it that could be lost
};
using Fd = base::UniqueHandle<FdTraits>;

base::Result<Fd> open_existing(const std::filesystem::path& path, int flags) {
  PW_TRY(check_place(path));
  Fd fd(::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return base::fail_os(fmt::format("opening {}", path.native()), errno);
  return fd;
}

}  // namespace

base::Status check_place(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return base::fail_os(fmt::format("looking at {}", path.native()), errno);
  }
  if (S_ISREG(status.st_mode) && status.st_uid != ::geteuid())
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("{} belongs to uid {}, but portwatchd runs as uid {}; move it away, or chown it",
                    path.native(), status.st_uid, ::geteuid()));
  if (S_ISREG(status.st_mode)) return {};
  return base::fail(base::ErrorCode::kPermissionDenied,
                    fmt::format("{} is {}, not a regular file; move it away", path.native(),
                                S_ISLNK(status.st_mode) ? "a symbolic link" : "something else"));
}

base::Result<std::filesystem::path> resolve_folder(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const std::filesystem::path folder = std::filesystem::canonical(parent, error);
  if (error) return base::fail_os(fmt::format("looking for the folder {}", parent.native()), error.value());
  return folder / path.filename();
}

base::Status create_file(const std::filesystem::path& path) {
  for (const char* companion : {"-wal", "-shm", "-journal"}) PW_TRY(check_place(path.native() + companion));
  PW_TRY(check_place(path));
  const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!fd && errno != EEXIST)
    return base::fail_os(fmt::format("creating the database {}", path.native()), errno);
  return {};
}

base::Result<std::optional<FileHeader>> read_header(const std::filesystem::path& path) {
  static constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const auto fd = open_existing(path, O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  std::array<char, 100> header{};
  std::size_t size = 0;
  while (size < header.size()) {
    const ssize_t got = ::read(fd->get(), header.data() + size, header.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_os(fmt::format("reading {}", path.native()), errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size == 0) return std::nullopt;
  if (size < header.size() || std::string_view(header.data(), kMagic.size()) != kMagic)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("{} is not a SQLite database", path.native()));
  const auto big_endian = [&header](std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t i = offset; i < offset + 4; ++i)
      value = value << 8U | static_cast<std::uint8_t>(header[i]);
    return value;
  };
  return FileHeader{.application_id = big_endian(68), .schema_version = big_endian(60)};
}

base::Status restrict_file(const std::filesystem::path& path) {
  const auto fd = open_existing(path, O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0)
    return base::fail_os(fmt::format("looking at {}", path.native()), errno);
  if ((status.st_mode & 0777U) == kMode) return {};
  if (::fchmod(fd->get(), kMode) != 0)
    return base::fail_os(fmt::format("taking away others' access to {}", path.native()), errno);
  return {};
}

}  // namespace portwatch::store
