// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program wanted an address and did not get it: why, and who has it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/enum_names.h"
#include "common/model/listener.h"

namespace portwatch::model {

/// What was refused.
enum class Wish : std::uint8_t {
  kBind,    ///< bind(2)
  kListen,  ///< listen(2): the address was bound (SO_REUSEADDR), but somebody else listens there
};

enum class ConflictCause : std::uint8_t {
  kInUse,          ///< EADDRINUSE: the holders have it
  kPrivilege,      ///< EACCES: a port that takes CAP_NET_BIND_SERVICE
  kNoSuchAddress,  ///< EADDRNOTAVAIL: no interface has the address
  kUnknown,        ///< nothing that could be seen afterwards speaks against it
};

/// In which way an address is in use.
enum class HolderKind : std::uint8_t {
  kListener,    ///< TCP that listens, or UDP that is bound
  kBound,       ///< TCP that is bound and does not listen
  kConnection,  ///< the port of a client, or of a connection that a server has accepted
  kTimeWait,    ///< what is left of a connection, for a minute (TIME_WAIT)
};

/// Who has an address that somebody else wants.
struct AddressHolder {
  HolderKind kind = HolderKind::kListener;
  net::Endpoint endpoint;
  std::string device;                   ///< as in SocketRecord
  std::optional<ListenerKey> listener;  ///< of kListener, when it is one that we know
  std::string program;           ///< program_name(), or the name that it gives itself; empty: not known
  std::optional<base::Pid> pid;  ///< of the oldest of its processes
  std::string user;              ///< as ServiceKey::user; empty: not known
  bool is_same_process = false;  ///< who was refused has it already

  bool operator==(const AddressHolder&) const = default;
};

/// How many holders are told; the rest is counted.
inline constexpr std::size_t kMostAddressHolders = 8;

/// Of the last refusal of those that are counted whose cause could be seen. Who was refused, and which
/// address, is the event's listener.
struct ConflictDetail {
  Wish wish = Wish::kBind;
  ConflictCause cause = ConflictCause::kUnknown;
  bool is_certain = false;  ///< else inferred from what could be seen after it
  std::vector<AddressHolder> holders;
  std::uint64_t holders_left_out = 0;
  std::int64_t count = 1;   ///< how often this program was refused this address since the last such event
  base::UtcTime first_at;   ///< of those the first
  std::int64_t others = 0;  ///< refusals of the same user at other addresses that have no event of their own

  bool operator==(const ConflictDetail&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Wish> =
    std::to_array<std::string_view>({"bind", "listen"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::ConflictCause> =
    std::to_array<std::string_view>({"in-use", "privilege", "no-such-address", "unknown"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::HolderKind> =
    std::to_array<std::string_view>({"listener", "bound", "connection", "time-wait"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::ConflictCause> =
    std::optional(portwatch::model::ConflictCause::kUnknown);
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::HolderKind> =
    std::optional(portwatch::model::HolderKind::kBound);
