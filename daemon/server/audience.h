// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whom the socket is for: one person, or everybody on the machine.

#include <cstdint>

namespace portwatch::server {

/// Who may connect at all; what each may see is decided by the kernel's word on the peer.
enum class Audience : std::uint8_t { kOwner, kEverybody };

}  // namespace portwatch::server
