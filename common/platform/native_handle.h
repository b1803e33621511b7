// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the system knows an open connection by: a descriptor, or on Windows a HANDLE.

#include <cstdint>

namespace portwatch::platform {

using NativeHandle = std::intptr_t;
inline constexpr NativeHandle kNoHandle = -1;

}  // namespace portwatch::platform
