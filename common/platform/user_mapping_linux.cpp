// SPDX-License-Identifier: Apache-2.0
// user_namespaces(7): a user that is not mapped into our namespace shows as the overflow uid. Where every
// user is mapped, that uid is a user like any other ("nobody").

#include <fstream>

#include "common/platform/user_mapping.h"

namespace portwatch::platform {
namespace {

std::uint32_t overflow_uid() {
  static const std::uint32_t uid = [] {
    constexpr std::uint32_t kUsual = 65534;
    std::ifstream file("/proc/sys/kernel/overflowuid");
    std::uint32_t read = 0;
    return file >> read ? read : kUsual;
  }();
  return uid;
}

/// The first line of the map is "0 0 4294967295" where every user has a number of its own.
bool is_every_user_mapped() {
  static const bool is_every = [] {
    std::ifstream file("/proc/self/uid_map");
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    return file >> inside >> outside >> count && inside == 0 && count >= 0xFFFF'FFFFU;
  }();
  return is_every;
}

}  // namespace

bool is_unmapped_user(std::uint32_t uid) {
  return uid == overflow_uid() && !is_every_user_mapped();
}

}  // namespace portwatch::platform
