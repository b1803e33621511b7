// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why we know, or do not know, who a listener belongs to. A field that is not known is never simply blank.

#include <array>
#include <cstdint>

#include "common/base/enum_names.h"

namespace portwatch::model {

enum class Attribution : std::uint8_t {
  kExact,   ///< one holder, read whole
  kShared,  ///< several processes hold the socket; all of those we could find are listed
  kExited,  ///< the holder ended while it was looked at
  kDenied,  ///< processes that we may not look into could hold it
  kKernel,  ///< every process was looked at and no descriptor shows it: the kernel's own, one in flight, or
            ///< one that io_uring keeps. Owners, if there are some, are who held it last
  kOtherNamespace,  ///< we live in a pid namespace, and no process in it holds the socket
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Attribution> =
    std::to_array<std::string_view>({"exact", "shared", "exited", "denied", "kernel", "other-namespace"});
