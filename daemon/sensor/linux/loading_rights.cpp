// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/loading_rights.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace portwatch::sensor {
namespace {

constexpr std::array<unsigned, 3> kLoading{CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN};

bool may_read_without(std::string_view release) {
  int major = 0, minor = 0;
  const char* const end = release.data() + release.size();
  const auto dot = std::from_chars(release.data(), end, major).ptr;
  if (dot == end) return false;
  std::from_chars(dot + 1, end, minor);
  return std::pair(major, minor) >= std::pair(5, 19);
}

}  // namespace

void give_up_loading_rights() {
  utsname system{};
  if (::uname(&system) != 0 || !may_read_without(system.release)) return;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return;
  for (const unsigned capability : kLoading) {
    auto& set = sets[capability / 32];
    const unsigned bit = ~(1U << capability % 32);
    set.effective &= bit;
    set.permitted &= bit;
    set.inheritable &= bit;
  }
  // To have less is always allowed. What leaves the permitted set leaves the ambient one with it.
  static_cast<void>(::syscall(SYS_capset, &header, sets.data()));
}

}  // namespace portwatch::sensor
