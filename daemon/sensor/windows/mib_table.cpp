// SPDX-License-Identifier: Apache-2.0
// Numbers are little-endian, as on every Windows; a port is in network order in the first two bytes of its
// four, and the other two may hold anything. A time is in steps of 100 ns since 1601.
#include "daemon/sensor/windows/mib_table.h"

#include <array>

#include <fmt/format.h>

namespace portwatch::sensor::windows {
namespace {

constexpr std::uint32_t kListening = 2;  // MIB_TCP_STATE_LISTEN
constexpr std::chrono::sys_days kFirstDay = std::chrono::year{1601} / 1 / 1;

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i)
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + i - 1]);
  return value;
}

std::uint32_t dword_at(std::span<const std::byte> bytes, std::size_t offset) {
  return static_cast<std::uint32_t>(number_at(bytes, offset, 4));
}

base::Port port_at(std::span<const std::byte> bytes, std::size_t offset) {
  return base::Port{static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[offset]) << 8U |
                                               std::to_integer<unsigned>(bytes[offset + 1]))};
}

template <std::size_t Size>
std::array<std::uint8_t, Size> octets_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::array<std::uint8_t, Size> octets{};
  for (std::size_t i = 0; i < Size; ++i) octets[i] = std::to_integer<std::uint8_t>(bytes[offset + i]);
  return octets;
}

/// 0 is "not told"; what is beyond the range of our times is no time either.
std::optional<base::UtcTime> time_at(std::span<const std::byte> bytes, std::size_t offset) {
  constexpr std::uint64_t kStepsPerMicro = 10;
  constexpr std::uint64_t kMost = 3'000'000'000'000'000'000U;  // in the year 11107
  const std::uint64_t steps = number_at(bytes, offset, 8);
  if (steps == 0 || steps > kMost) return std::nullopt;
  return base::UtcTime{kFirstDay} + base::Micros{static_cast<base::Micros::rep>(steps / kStepsPerMicro)};
}

}  // namespace

base::Result<std::vector<MibRow>> decode_mib_table(MibTable table, std::span<const std::byte> bytes) {
  const MibLayout layout = layout_of(table);
  if (bytes.size() < 4)
    return base::fail(base::ErrorCode::kCorrupt, "a socket table without its number of rows");
  const std::size_t count = dword_at(bytes, 0);
  if (count > 0 && (bytes.size() < kMibRowsBegin || count > (bytes.size() - kMibRowsBegin) / layout.row))
    return base::fail(
        base::ErrorCode::kCorrupt,
        fmt::format("a socket table of {} bytes cannot hold the {} rows that it names", bytes.size(), count));
  const bool is_v6 = layout.scope.has_value();
  std::vector<MibRow> rows;
  rows.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = kMibRowsBegin + i * layout.row;
    const std::span<const std::byte> row = bytes.subspan(offset, layout.row);
    if (layout.state && dword_at(row, *layout.state) != kListening) continue;
    rows.push_back({.endpoint = {.protocol = layout.state ? net::Protocol::kTcp : net::Protocol::kUdp,
                                 .address = is_v6 ? net::IpAddress::v6(octets_at<16>(row, layout.address))
                                                  : net::IpAddress::v4(octets_at<4>(row, layout.address)),
                                 .port = port_at(row, layout.port)},
                    .scope = is_v6 ? dword_at(row, *layout.scope) : 0,
                    .pid = dword_at(row, layout.pid),
                    .created = time_at(row, layout.created),
                    .offset = offset});
  }
  return rows;
}

}  // namespace portwatch::sensor::windows
