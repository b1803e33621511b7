// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/proc_net.h"

#include <array>
#include <charconv>
#include <cstring>

namespace portwatch::sensor {
namespace {

template <class T>
std::optional<T> parse_number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Takes the next word off the front.
std::string_view take_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

struct AddressAndPort {
  net::IpAddress address;
  base::Port port;
};

std::optional<AddressAndPort> parse_address_and_port(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_proc_address(word.substr(0, colon));
  const auto port = parse_number<std::uint16_t>(word.substr(colon + 1), 16);
  if (!address || !port) return std::nullopt;
  return AddressAndPort{*address, base::Port{*port}};
}

/// FNV-1a over the endpoint, above every inode (those have 32 bits).
std::uint64_t id_of(const net::Endpoint& endpoint) {
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&hash](unsigned value) { hash = (hash ^ value) * 1099511628211U; };
  add(static_cast<unsigned>(endpoint.protocol));
  for (const std::uint8_t octet : endpoint.address.octets()) add(octet);
  add(endpoint.port.value);
  return hash | std::uint64_t{1} << 63U;
}

}  // namespace

std::optional<net::IpAddress> parse_proc_address(std::string_view hex) {
  constexpr std::size_t kDigits = 8;
  if (hex.size() != kDigits && hex.size() != 4 * kDigits) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t word = 0; word < hex.size() / kDigits; ++word) {
    const auto value = parse_number<std::uint32_t>(hex.substr(word * kDigits, kDigits), 16);
    if (!value) return std::nullopt;
    std::memcpy(octets.data() + word * sizeof *value, &*value, sizeof *value);
  }
  return net::IpAddress::from_octets(std::span(octets).first(hex.size() / 2));
}

std::optional<SocketRow> parse_proc_net_line(net::Protocol protocol, std::string_view line) {
  take_word(line);  // number of the row
  const auto local = parse_address_and_port(take_word(line));
  const auto remote = parse_address_and_port(take_word(line));
  const auto state = parse_number<unsigned>(take_word(line), 16);
  for (int skipped = 0; skipped < 3; ++skipped) take_word(line);  // queues, timer, retransmits
  const auto uid = parse_number<std::uint32_t>(take_word(line), 10);
  take_word(line);  // timeout
  const auto inode = parse_number<std::uint64_t>(take_word(line), 10);
  if (!local || !remote || !state || !uid || !inode) return std::nullopt;

  constexpr unsigned kTcpListen = 0x0A;
  constexpr unsigned kUdpUnconnected = 0x07;
  if (*state != (protocol == net::Protocol::kTcp ? kTcpListen : kUdpUnconnected)) return std::nullopt;
  if (local->port == base::Port{0} || remote->port != base::Port{0} || !remote->address.is_wildcard())
    return std::nullopt;

  SocketRow row;
  row.endpoint = {.protocol = protocol, .address = local->address, .port = local->port};
  row.inode = *inode;
  row.id = {model::SocketId::Kind::kInode, *inode != 0 ? *inode : id_of(row.endpoint)};
  row.uid = base::Uid{*uid};
  return row;
}

}  // namespace portwatch::sensor
