// SPDX-License-Identifier: Apache-2.0
#pragma once

// The socket tables of Windows as bytes: what GetExtendedTcpTable gives for TCP_TABLE_OWNER_MODULE_LISTENER
// and GetExtendedUdpTable for UDP_TABLE_OWNER_MODULE, of a 64-bit Windows. Nothing of the system is asked
// here.
//
// Sources: https://learn.microsoft.com/windows/win32/api/tcpmib/ns-tcpmib-mib_tcprow_owner_module and its
// three siblings

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/net/endpoint.h"

namespace portwatch::sensor::windows {

enum class MibTable : std::uint8_t { kTcp4, kTcp6, kUdp4, kUdp6 };

/// Where the fields of a row are, in bytes from its start. A table is the number of its rows (4 bytes), a gap
/// of 4, and the rows.
struct MibLayout {
  std::size_t row;  ///< its size
  std::size_t address;
  std::size_t port;
  std::size_t pid;
  std::size_t created;
  std::optional<std::size_t> scope;  ///< IPv6
  std::optional<std::size_t> state;  ///< TCP
};
inline constexpr std::size_t kMibRowsBegin = 8;

[[nodiscard]] constexpr MibLayout layout_of(MibTable table) {
  switch (table) {
    case MibTable::kTcp4:
      return {
          .row = 160, .address = 4, .port = 8, .pid = 20, .created = 24, .scope = std::nullopt, .state = 0};
    case MibTable::kTcp6:
      return {.row = 192, .address = 0, .port = 20, .pid = 52, .created = 56, .scope = 16, .state = 48};
    case MibTable::kUdp4:
      return {.row = 160,
              .address = 0,
              .port = 4,
              .pid = 8,
              .created = 16,
              .scope = std::nullopt,
              .state = std::nullopt};
    case MibTable::kUdp6:
      return {
          .row = 176, .address = 0, .port = 20, .pid = 24, .created = 32, .scope = 16, .state = std::nullopt};
  }
  return {};
}

struct MibRow {
  net::Endpoint endpoint;
  std::uint32_t scope = 0;  ///< the zone of an IPv6 address that counts on one link alone; 0: none
  std::uint32_t pid = 0;    ///< who bound it, also when that process is gone; 0: not told
  std::optional<base::UtcTime> created;  ///< when it was bound; to 1 µs. Unset: not told
  std::size_t offset = 0;                ///< where the row begins in the table

  bool operator==(const MibRow&) const = default;
};

/// The rows in their order; of TCP only those that listen. Errors: kCorrupt when the table is shorter than it
/// says.
[[nodiscard]] base::Result<std::vector<MibRow>> decode_mib_table(MibTable table,
                                                                 std::span<const std::byte> bytes);

}  // namespace portwatch::sensor::windows
