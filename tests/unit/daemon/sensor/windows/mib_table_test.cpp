// SPDX-License-Identifier: Apache-2.0
// Tables as Windows gives them, byte by byte, and tables that lie about their size.
#include "daemon/sensor/windows/mib_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::sensor::windows {
namespace {

using Bytes = std::vector<std::byte>;

void put(Bytes& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.at(offset + i) = static_cast<std::byte>(value >> (8 * i));
}

struct Row {
  std::vector<std::uint8_t> address;
  std::uint16_t port = 0;
  std::uint32_t pid = 0;
  std::uint64_t created = 0;
  std::uint32_t scope = 0;
  std::uint32_t state = 2;
};

Bytes table_of(MibTable table, const std::vector<Row>& rows) {
  const MibLayout layout = layout_of(table);
  Bytes bytes(kMibRowsBegin + rows.size() * layout.row, std::byte{0xEE});
  put(bytes, 0, rows.size(), 4);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t row = kMibRowsBegin + i * layout.row;
    for (std::size_t j = 0; j < rows[i].address.size(); ++j)
      bytes.at(row + layout.address + j) = static_cast<std::byte>(rows[i].address[j]);
    bytes.at(row + layout.port) = static_cast<std::byte>(rows[i].port >> 8U);
    bytes.at(row + layout.port + 1) = static_cast<std::byte>(rows[i].port & 0xFFU);
    put(bytes, row + layout.pid, rows[i].pid, 4);
    put(bytes, row + layout.created, rows[i].created, 8);
    if (layout.scope) put(bytes, row + *layout.scope, rows[i].scope, 4);
    if (layout.state) put(bytes, row + *layout.state, rows[i].state, 4);
  }
  return bytes;
}

constexpr std::uint64_t kUnixEpoch = 116'444'736'000'000'000U;  // 1970 in steps of 100 ns since 1601

TEST(MibTable, GivesWhereWhoAndSinceWhen) {
  const auto rows = decode_mib_table(
      MibTable::kTcp4,
      table_of(MibTable::kTcp4,
               {{.address = {127, 0, 0, 1}, .port = 8080, .pid = 4321, .created = kUnixEpoch + 15}}));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().endpoint.to_string(), "127.0.0.1:8080/tcp");
  EXPECT_EQ(rows->front().pid, 4321U);
  EXPECT_EQ(rows->front().created, base::UtcTime{base::Micros{1}});
  EXPECT_EQ(rows->front().offset, kMibRowsBegin);
}

TEST(MibTable, OfTcpGivesOnlyWhatListens) {
  const auto rows = decode_mib_table(
      MibTable::kTcp4, table_of(MibTable::kTcp4, {{.address = {0, 0, 0, 0}, .port = 1, .state = 5},
                                                  {.address = {0, 0, 0, 0}, .port = 2}}));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().endpoint.port.value, 2);
  EXPECT_EQ(rows->front().offset, kMibRowsBegin + layout_of(MibTable::kTcp4).row);
}

TEST(MibTable, OfIpv6HasTheZone) {
  const std::vector<std::uint8_t> address{0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const MibTable table : {MibTable::kTcp6, MibTable::kUdp6}) {
    const auto rows =
        decode_mib_table(table, table_of(table, {{.address = address, .port = 443, .pid = 7, .scope = 12}}));
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().endpoint.address_and_port(), "[fe80::1]:443");
    EXPECT_EQ(rows->front().scope, 12U);
    EXPECT_EQ(rows->front().pid, 7U);
  }
}

TEST(MibTable, OfUdpHasNoState) {
  const auto rows = decode_mib_table(
      MibTable::kUdp4, table_of(MibTable::kUdp4, {{.address = {10, 0, 0, 1}, .port = 53, .pid = 9}}));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().endpoint.to_string(), "10.0.0.1:53/udp");
}

TEST(MibTable, ATimeOfNothingOrBeyondAllTimeIsNotTold) {
  for (const std::uint64_t created : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63U}) {
    const auto rows = decode_mib_table(
        MibTable::kUdp4,
        table_of(MibTable::kUdp4, {{.address = {0, 0, 0, 0}, .port = 1, .created = created}}));
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->at(0).created, std::nullopt) << created;
  }
}

TEST(MibTable, ThatIsShorterThanItSaysIsCorrupt) {
  for (const MibTable table : {MibTable::kTcp4, MibTable::kTcp6, MibTable::kUdp4, MibTable::kUdp6}) {
    const Bytes whole =
        table_of(table, {{.address = {0, 0, 0, 0}, .port = 1}, {.address = {0, 0, 0, 0}, .port = 2}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto rows = decode_mib_table(table, std::span(whole).first(size));
      ASSERT_FALSE(rows) << size;
      EXPECT_EQ(rows.error().code, base::ErrorCode::kCorrupt);
    }
    Bytes lying = whole;
    put(lying, 0, 0xFFFF'FFFFU, 4);
    EXPECT_FALSE(decode_mib_table(table, lying));
  }
  EXPECT_EQ(decode_mib_table(MibTable::kTcp4, Bytes(4))->size(), 0U);  // no rows at all, not even the gap
}

}  // namespace
}  // namespace portwatch::sensor::windows
