// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/system_mounts.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

constexpr const char* kNamespaceLink = "ns/mnt";
constexpr std::size_t kLinkBuffer = 64;

std::optional<std::string> namespace_of(int folder) {
  std::array<char, kLinkBuffer> buffer;
  const auto link = read_link(folder, kNamespaceLink, buffer);
  return link ? std::optional<std::string>(*link) : std::nullopt;
}

platform::Descriptor open_place(const std::string& path) {
  return platform::Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

std::optional<model::FileId> file_id_of(int folder, const char* path) {
  struct statx status{};
  if (::statx(folder, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_EMPTY_PATH, STATX_INO, &status) != 0)
    return std::nullopt;
  return model::FileId{.device = makedev(status.stx_dev_major, status.stx_dev_minor),
                       .inode = status.stx_ino};
}

void SystemMounts::begin_look() {
  namespace_.clear();
  // The first process; ourselves where we may not ask it. A service can have fewer mounts than the system.
  for (const char* name : {"/1", "/self"}) {
    system_ = proc_ + name;
    const platform::Descriptor folder = open_place(system_);
    if (!folder) continue;
    if (const auto link = namespace_of(folder.get())) {
      namespace_ = *link;
      return;
    }
  }
}

bool SystemMounts::is_foreign(int process, const std::string& path,
                              const std::optional<model::FileId>& file) const {
  if (namespace_.empty() || !file || !path.starts_with('/')) return false;
  const auto own = namespace_of(process);
  if (!own || *own == namespace_) return false;
  const platform::Descriptor root = open_place(system_ + "/root");
  if (!root) return false;
  struct open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_CACHED;
  const platform::Descriptor there(
      static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str() + 1, &how, sizeof how)));
  if (!there) return errno != ENOSYS && errno != EINVAL && errno != EPERM && !means_our_own_failure(errno);
  return file_id_of(there.get(), "") != file;
}

}  // namespace portwatch::sensor
