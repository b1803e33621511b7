// SPDX-License-Identifier: Apache-2.0
// unshare(2), and netdevice(7) to bring the new namespace's loopback up.

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "tests/support/own_network.h"

namespace portwatch::test {

void enter_own_network() {
  if (unshare(CLONE_NEWNET) != 0) return;
  const platform::Descriptor any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  PW_ASSERT(ioctl(any.get(), SIOCGIFFLAGS, &request) == 0);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  PW_ASSERT(ioctl(any.get(), SIOCSIFFLAGS, &request) == 0);
}

}  // namespace portwatch::test
