// SPDX-License-Identifier: Apache-2.0
#pragma once

// An address for tests that speak to sockets by system calls themselves: after fork(2), or with options of
// their own.

#include <cstdint>

#include <netinet/in.h>

namespace portwatch::test {

/// 127.0.0.1; port 0: the kernel chooses.
[[nodiscard]] inline sockaddr_in loopback_address(std::uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace portwatch::test
