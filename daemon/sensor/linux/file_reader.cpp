// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/file_reader.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portwatch::sensor {
namespace {

OsResult<platform::Descriptor> open_with(int folder, const char* path, int flags) {
  const int fd = ::openat(folder, path, flags | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return std::unexpected(errno);
  return platform::Descriptor(fd);
}

/// Fills the buffer as far as the file goes. procfs may give less than asked for before the end.
OsResult<std::size_t> read_until_full(int fd, std::span<char> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

OsResult<std::string> read_rest(int fd, std::size_t limit) {
  std::string text;
  std::size_t size = 0;
  do {
    text.resize(size + 64U * 1024U);
    const auto count = read_until_full(fd, std::span(text).subspan(size));
    if (!count) return std::unexpected(count.error());
    size += *count;
    if (size > limit) return std::unexpected(EFBIG);
  } while (size == text.size());
  text.resize(size);
  return text;
}

}  // namespace

OsResult<platform::Descriptor> open_file(int folder, const char* path) {
  return open_with(folder, path, O_RDONLY);
}

OsResult<platform::Descriptor> open_folder(int folder, const char* path) {
  return open_with(folder, path, O_RDONLY | O_DIRECTORY);
}

OsResult<std::string_view> read_file(int folder, const char* path, std::span<char> buffer) {
  const auto file = open_file(folder, path);
  if (!file) return std::unexpected(file.error());
  // One read gives all of such a file that fits: asking for the end too would cost as much again.
  ssize_t size = -1;
  do size = ::read(file->get(), buffer.data(), buffer.size());
  while (size < 0 && errno == EINTR);
  if (size < 0) return std::unexpected(errno);
  return std::string_view(buffer.data(), static_cast<std::size_t>(size));
}

OsResult<std::string> read_whole_file(int folder, const char* path, std::size_t limit) {
  const auto file = open_file(folder, path);
  if (!file) return std::unexpected(file.error());
  return read_rest(file->get(), limit);
}

OsResult<std::string> read_file_of(base::Uid owner, const std::string& path, std::size_t limit) {
  const auto file = open_with(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return std::unexpected(file.error() == ELOOP ? EPERM : file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return std::unexpected(errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != owner.value || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return std::unexpected(EPERM);
  return read_rest(file->get(), limit);
}

OsResult<std::string_view> read_link(int folder, const char* path, std::span<char> buffer) {
  const ssize_t size = ::readlinkat(folder, path, buffer.data(), buffer.size());
  if (size < 0) return std::unexpected(errno);
  if (static_cast<std::size_t>(size) == buffer.size()) return std::unexpected(ENAMETOOLONG);
  return std::string_view(buffer.data(), static_cast<std::size_t>(size));
}

bool means_gone(int os_errno) {
  return os_errno == ENOENT || os_errno == ESRCH;
}
bool means_our_own_failure(int os_errno) {
  return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOMEM || os_errno == ENOBUFS;
}
bool means_denied(int os_errno) {
  return os_errno == EACCES || os_errno == EPERM;
}

}  // namespace portwatch::sensor
