// SPDX-License-Identifier: Apache-2.0
#pragma once

// One row of the OS's socket table, in our vocabulary.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/model/identity.h"
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

/// A network namespace of which nothing is known but its number, as the kernel writes it: "net:[4026532289]".
[[nodiscard]] inline std::string nameless_network(base::Netns netns) {
  return "net:[" + std::to_string(netns.value) + "]";
}

struct SocketRecord {
  base::Netns netns;
  SocketId id;
  std::uint64_t inode = 0;  ///< of the socket's file, as in /proc/PID/fd; 0: no file belongs to it
  net::Endpoint endpoint;
  std::optional<bool> is_v6only;  ///< IPv6 wildcard only; unset: not told
  std::string device;             ///< SO_BINDTODEVICE; empty: none
  /// What another network namespace than portwatchd's own is called: a container, a name of ip-netns(8), a
  /// unit, else nameless_network(). Letters, digits and few other signs, no blanks. Empty: its own.
  std::string network;
  Exposure reach = Exposure::kAny;  ///< the widest that the namespace allows; only of what was just seen
  base::Uid uid;                    ///< who made the socket
  BindIntent bind_intent = BindIntent::kUnknown;
  bool is_mptcp = false;

  /// Where it listens, for people: "127.0.0.1:80/tcp", in another network "0.0.0.0:80/tcp@web".
  [[nodiscard]] std::string place() const {
    return network.empty() ? endpoint.to_string() : endpoint.to_string() + "@" + network;
  }

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
