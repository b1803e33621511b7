// SPDX-License-Identifier: Apache-2.0
// mount_namespaces(7), user_namespaces(7), tmpfs(5).
#include "tests/attack/starved/small_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"

namespace portwatch::test {
namespace {

const char* const kFiller = "filler";

/// As root into a mount namespace of its own, as anybody else into one of a user namespace in which it is
/// root.
void enter_own_mounts() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (unshare(CLONE_NEWNS) != 0) {
    PW_ASSERT(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", uid);
    std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", gid);
    PW_ASSERT(geteuid() == 0);
  }
  PW_ASSERT(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
}

}  // namespace

SmallDisk::SmallDisk(std::size_t bytes) {
  static const bool kHasOwnMounts = [] {
    enter_own_mounts();
    return true;
  }();
  PW_ASSERT(kHasOwnMounts);
  PW_ASSERT(mount("tmpfs", path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                  fmt::format("size={},mode=0700", bytes).c_str()) == 0);
}

SmallDisk::~SmallDisk() {
  umount2(path().c_str(), MNT_DETACH);
}

void SmallDisk::fill() {
  const platform::Descriptor file{
      open((path() / kFiller).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  PW_ASSERT(file);
  static constexpr std::array<char, 4096> kZeros{};
  while (write(file.get(), kZeros.data(), kZeros.size()) > 0) continue;
  PW_ASSERT(errno == ENOSPC);
}

void SmallDisk::free() {
  std::filesystem::remove(path() / kFiller);
}

void SmallDisk::set_read_only(bool is_read_only) const {
  PW_ASSERT(mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | (is_read_only ? MS_RDONLY : 0U), nullptr) ==
            0);
}

}  // namespace portwatch::test
