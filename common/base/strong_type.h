// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers that must not be mixed up are types of their own: a Port is not a Pid.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace portwatch::base {

template <class Tag, class Rep>
struct Strong {
  using rep = Rep;
  Rep value{};

  constexpr auto operator<=>(const Strong&) const = default;
};

using Port = Strong<struct PortTag, std::uint16_t>;    ///< host byte order; 0 is "none"
using Pid = Strong<struct PidTag, std::int32_t>;       ///< as seen from the daemon's pid namespace
using Uid = Strong<struct UidTag, std::uint32_t>;      ///< as seen from the daemon's user namespace
using Netns = Strong<struct NetnsTag, std::uint64_t>;  ///< inode of /proc/PID/ns/net
using Seq = Strong<struct SeqTag, std::int64_t>;       ///< place in the event log, from 1, without holes
using AlertId = Strong<struct AlertIdTag, std::int64_t>;

}  // namespace portwatch::base

template <class Tag, class Rep>
struct std::hash<portwatch::base::Strong<Tag, Rep>> {
  std::size_t operator()(const portwatch::base::Strong<Tag, Rep>& strong) const noexcept {
    return std::hash<Rep>{}(strong.value);
  }
};
