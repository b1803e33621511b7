// SPDX-License-Identifier: Apache-2.0
#pragma once

// One row of the OS's socket table, in our vocabulary.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/net/endpoint.h"

namespace portwatch::model {

/// What the OS names a socket by. A cookie is never reused until the next boot; an inode may be, once the
/// socket is gone.
struct SocketId {
  enum class Kind : std::uint8_t { kCookie, kInode };
  Kind kind = Kind::kCookie;
  std::uint64_t value = 0;

  auto operator<=>(const SocketId&) const = default;
};

enum class BindIntent : std::uint8_t {
  kExplicit,      ///< the program named the port
  kKernelChosen,  ///< bind to port 0
  kAuto,          ///< never bound: a UDP client. Not a listener
  kUnknown,       ///< this sensor cannot tell
};

struct SocketRecord {
  base::Netns netns;
  SocketId id;
  std::uint64_t inode = 0;  ///< of the socket's file, as in /proc/PID/fd; 0: no file belongs to it
  net::Endpoint endpoint;
  std::optional<bool> is_v6only;  ///< IPv6 wildcard only; unset: not told
  std::string device;             ///< SO_BINDTODEVICE; empty: none
  base::Uid uid;                  ///< who made the socket
  BindIntent bind_intent = BindIntent::kUnknown;
  bool is_mptcp = false;

  bool operator==(const SocketRecord&) const = default;
};

}  // namespace portwatch::model

template <>
struct std::hash<portwatch::model::SocketId> {
  std::size_t operator()(const portwatch::model::SocketId& id) const noexcept {
    return static_cast<std::size_t>(id.value * 2U + static_cast<std::uint64_t>(id.kind));
  }
};

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::BindIntent> =
    std::to_array<std::string_view>({"explicit", "kernel-chosen", "auto", "unknown"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::SocketId::Kind> =
    std::to_array<std::string_view>({"cookie", "inode"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::BindIntent> =
    std::optional(portwatch::model::BindIntent::kUnknown);
