// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a program is across restarts, and what stays the same when a listener comes back. Neither holds a pid,
// an inode or a port that the kernel chose.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/net/endpoint.h"

namespace portwatch::model {

/// How far a listener can be reached from, from near to far.
enum class Exposure : std::uint8_t {
  kLoopback,  ///< 127/8, ::1, mapped, or bound to the loopback device
  kHostOnly,  ///< a bridge without uplink: this host and its containers
  kLink,      ///< a link-local address
  kLan,       ///< a private address
  kPublic,    ///< an address that can be routed
  kAny,       ///< wildcard: every address, loopback too
};

/// Where the identity was taken from. The first that applies, from the top.
enum class ProgramKind : std::uint8_t {
  kContainer,     ///< the program inside a container
  kScript,        ///< an interpreter's script
  kModule,        ///< an interpreter's module, in a directory: python3 -m NAME
  kInline,        ///< code on the command line: python3 -c CODE
  kExecutable,    ///< an executable file
  kName,          ///< only the name that the process gives itself: its executable could not be read
  kUnattributed,  ///< no process could be named
};

struct ProgramIdentity {
  ProgramKind kind = ProgramKind::kUnattributed;
  std::string id;     ///< compared and stored; raw bytes, unambiguous within a kind
  std::string label;  ///< for people: "python3 -m http.server"; raw bytes

  bool operator==(const ProgramIdentity&) const = default;
};

/// The version of the scheme by which ServiceKey and ProgramIdentity::id are made. Keys of another version
/// are never equal to ours: a change of scheme comes with a migration.
inline constexpr int kIdentityScheme = 1;

struct ServiceKey {
  int scheme = kIdentityScheme;
  net::Protocol protocol = net::Protocol::kTcp;
  Exposure exposure = Exposure::kAny;
  std::optional<base::Port> port;  ///< unset: "ephemeral", the kernel chose it
  ProgramKind program_kind = ProgramKind::kUnattributed;
  std::string program;  ///< ProgramIdentity::id
  std::string user;     ///< name, or "#1000" where the system knows none

  auto operator<=>(const ServiceKey&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Exposure> =
    std::to_array<std::string_view>({"loopback", "host-only", "link", "lan", "public", "any"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::ProgramKind> =
    std::to_array<std::string_view>(
        {"container", "script", "module", "inline", "executable", "name", "unattributed"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::ProgramKind> =
    std::optional(portwatch::model::ProgramKind::kName);
