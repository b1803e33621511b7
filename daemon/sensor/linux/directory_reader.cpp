// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/directory_reader.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <dirent.h>
#include <unistd.h>

namespace portwatch::sensor {
namespace {

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

void DirectoryReader::seek(std::int64_t position) {
  filled_ = offset_ = 0;
  os_errno_ = ::lseek(folder_, position, SEEK_SET) < 0 ? errno : 0;
}

std::optional<DirectoryReader::Entry> DirectoryReader::next() {
  while (os_errno_ == 0) {
    if (offset_ >= filled_) {
      const ssize_t count = ::getdents64(folder_, buffer_.data(), buffer_.size());
      if (count < 0) os_errno_ = errno;
      if (count <= 0) return std::nullopt;
      filled_ = static_cast<std::size_t>(count);
      offset_ = 0;
    }
    const std::byte* const record = buffer_.data() + offset_;
    const auto length = load<decltype(dirent64::d_reclen)>(record + offsetof(dirent64, d_reclen));
    if (length == 0) return std::nullopt;
    offset_ += length;
    const Entry entry{.name = reinterpret_cast<const char*>(record + offsetof(dirent64, d_name)),
                      .inode = load<decltype(dirent64::d_ino)>(record + offsetof(dirent64, d_ino)),
                      .position = load<decltype(dirent64::d_off)>(record + offsetof(dirent64, d_off))};
    const std::string_view name(entry.name);
    if (name != "." && name != "..") return entry;
  }
  return std::nullopt;
}

}  // namespace portwatch::sensor
