// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets by the plain system calls: for what ListeningSocket does not do, and on purpose should not.

#include <cstdint>

#include "common/platform/descriptor.h"

namespace portwatch::test {

/// Aborts when there is none.
[[nodiscard]] platform::Descriptor plain_socket(int family, int type, int protocol = 0);
/// To 127.0.0.1. Whether it succeeded; errno says why not.
[[nodiscard]] bool bind_to(int fd, std::uint16_t port);
[[nodiscard]] bool connect_to(int fd, std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(int fd);
[[nodiscard]] std::uint64_t inode_of(int fd);
[[nodiscard]] std::uint64_t cookie_of(int fd);
/// One connection through a listener, closed on both sides.
void connect_and_accept(int listener, std::uint16_t port);

}  // namespace portwatch::test
