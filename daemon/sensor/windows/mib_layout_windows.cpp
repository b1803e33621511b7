// SPDX-License-Identifier: Apache-2.0
// That the layouts by which tables are read are those of the headers of Windows: this compiles or it does
// not.
#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>

#include "daemon/sensor/windows/mib_table.h"

namespace portwatch::sensor::windows {
namespace {

template <MibTable kTable, class Table, class Row>
constexpr bool has_size() {
  return layout_of(kTable).row == sizeof(Row) && kMibRowsBegin == offsetof(Table, table);
}

constexpr MibLayout kTcp4 = layout_of(MibTable::kTcp4);
static_assert(has_size<MibTable::kTcp4, MIB_TCPTABLE_OWNER_MODULE, MIB_TCPROW_OWNER_MODULE>());
static_assert(kTcp4.state == offsetof(MIB_TCPROW_OWNER_MODULE, dwState));
static_assert(kTcp4.address == offsetof(MIB_TCPROW_OWNER_MODULE, dwLocalAddr));
static_assert(kTcp4.port == offsetof(MIB_TCPROW_OWNER_MODULE, dwLocalPort));
static_assert(kTcp4.pid == offsetof(MIB_TCPROW_OWNER_MODULE, dwOwningPid));
static_assert(kTcp4.created == offsetof(MIB_TCPROW_OWNER_MODULE, liCreateTimestamp));

constexpr MibLayout kTcp6 = layout_of(MibTable::kTcp6);
static_assert(has_size<MibTable::kTcp6, MIB_TCP6TABLE_OWNER_MODULE, MIB_TCP6ROW_OWNER_MODULE>());
static_assert(kTcp6.state == offsetof(MIB_TCP6ROW_OWNER_MODULE, dwState));
static_assert(kTcp6.address == offsetof(MIB_TCP6ROW_OWNER_MODULE, ucLocalAddr));
static_assert(kTcp6.scope == offsetof(MIB_TCP6ROW_OWNER_MODULE, dwLocalScopeId));
static_assert(kTcp6.port == offsetof(MIB_TCP6ROW_OWNER_MODULE, dwLocalPort));
static_assert(kTcp6.pid == offsetof(MIB_TCP6ROW_OWNER_MODULE, dwOwningPid));
static_assert(kTcp6.created == offsetof(MIB_TCP6ROW_OWNER_MODULE, liCreateTimestamp));

constexpr MibLayout kUdp4 = layout_of(MibTable::kUdp4);
static_assert(has_size<MibTable::kUdp4, MIB_UDPTABLE_OWNER_MODULE, MIB_UDPROW_OWNER_MODULE>());
static_assert(kUdp4.address == offsetof(MIB_UDPROW_OWNER_MODULE, dwLocalAddr));
static_assert(kUdp4.port == offsetof(MIB_UDPROW_OWNER_MODULE, dwLocalPort));
static_assert(kUdp4.pid == offsetof(MIB_UDPROW_OWNER_MODULE, dwOwningPid));
static_assert(kUdp4.created == offsetof(MIB_UDPROW_OWNER_MODULE, liCreateTimestamp));

constexpr MibLayout kUdp6 = layout_of(MibTable::kUdp6);
static_assert(has_size<MibTable::kUdp6, MIB_UDP6TABLE_OWNER_MODULE, MIB_UDP6ROW_OWNER_MODULE>());
static_assert(kUdp6.address == offsetof(MIB_UDP6ROW_OWNER_MODULE, ucLocalAddr));
static_assert(kUdp6.scope == offsetof(MIB_UDP6ROW_OWNER_MODULE, dwLocalScopeId));
static_assert(kUdp6.port == offsetof(MIB_UDP6ROW_OWNER_MODULE, dwLocalPort));
static_assert(kUdp6.pid == offsetof(MIB_UDP6ROW_OWNER_MODULE, dwOwningPid));
static_assert(kUdp6.created == offsetof(MIB_UDP6ROW_OWNER_MODULE, liCreateTimestamp));

}  // namespace
}  // namespace portwatch::sensor::windows
