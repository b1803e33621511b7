// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_files.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <optional>

#include <linux/ipv6_route.h>
#include <linux/route.h>

#include "common/base/text.h"
#include "common/net/scope.h"

namespace portwatch::sensor {
namespace {

void add_once(std::vector<net::IpAddress>& addresses, const net::IpAddress& address) {
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
}

/// Words between any number of blanks and tabs.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return words;
}

std::optional<std::uint32_t> hex_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, 16);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

/// An address as the kernel has it in memory, printed as a number of this machine.
std::optional<std::array<std::uint8_t, 4>> octets_of_number(std::string_view text) {
  const auto number = hex_number(text);
  if (!number || text.size() != 8) return std::nullopt;
  return std::bit_cast<std::array<std::uint8_t, 4>>(*number);
}

/// 32 digits, in network order.
std::optional<net::IpAddress> address_of_digits(std::string_view text) {
  std::array<std::uint8_t, 16> octets{};
  if (text.size() != 2 * octets.size()) return std::nullopt;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto octet = hex_number(text.substr(2 * i, 2));
    if (!octet) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*octet);
  }
  return net::IpAddress::v6(octets);
}

std::optional<Route> route_of(std::string_view line) {
  // Iface Destination Gateway Flags RefCnt Use Metric Mask ...
  const auto words = words_of(line);
  if (words.size() < 8) return std::nullopt;
  const auto network = octets_of_number(words[1]);
  const auto gateway = octets_of_number(words[2]);
  const auto flags = hex_number(words[3]);
  const auto mask = octets_of_number(words[7]);
  if (!network || !gateway || !flags || !mask || (*flags & RTF_REJECT) != 0) return std::nullopt;
  unsigned prefix = 0;
  for (const std::uint8_t octet : *mask) prefix += static_cast<unsigned>(std::popcount(octet));
  return Route{net::IpAddress::v4(*network), prefix, net::IpAddress::v4(*gateway)};
}

std::optional<Route> ipv6_route_of(std::string_view line) {
  // Destination its-prefix source its-prefix gateway metric references uses flags device
  constexpr std::uint32_t kNotOut = RTF_REJECT | RTF_LOCAL | RTF_ANYCAST;
  const auto words = words_of(line);
  if (words.size() < 10 || words[9] == "lo") return std::nullopt;
  const auto network = address_of_digits(words[0]);
  const auto prefix = hex_number(words[1]);
  const auto gateway = address_of_digits(words[4]);
  const auto flags = hex_number(words[8]);
  if (!network || !prefix || *prefix > 128 || !gateway || !flags || (*flags & kNotOut) != 0)
    return std::nullopt;
  const net::Scope scope = net::scope_of(*network);
  if (scope == net::Scope::kLink || scope == net::Scope::kMulticast) return std::nullopt;
  return Route{*network, *prefix, *gateway};
}

}  // namespace

std::vector<net::IpAddress> parse_fib_trie(std::string_view text) {
  constexpr std::string_view kLeaf = "|-- ";
  std::vector<net::IpAddress> addresses;
  std::optional<net::IpAddress> leaf;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trim(line);
    if (trimmed.starts_with(kLeaf))
      leaf = net::IpAddress::parse(trimmed.substr(kLeaf.size()));
    else if (leaf && trimmed == "/32 host LOCAL")
      add_once(addresses, *leaf);
  }
  return addresses;
}

std::vector<net::IpAddress> parse_if_inet6(std::string_view text) {
  std::vector<net::IpAddress> addresses;
  for (const std::string_view line : base::split(text, '\n'))
    if (const auto address = address_of_digits(line.substr(0, line.find(' ')))) add_once(addresses, *address);
  return addresses;
}

std::vector<Route> parse_routes(std::string_view text) {
  std::vector<Route> routes;
  for (const std::string_view line : base::split(text, '\n'))
    if (const auto route = route_of(line)) routes.push_back(*route);
  return routes;
}

std::vector<Route> parse_ipv6_routes(std::string_view text) {
  std::vector<Route> routes;
  for (const std::string_view line : base::split(text, '\n'))
    if (const auto route = ipv6_route_of(line)) routes.push_back(*route);
  return routes;
}

bool is_on(const Route& route, const net::IpAddress& address) {
  if (address.family() != route.network.family()) return false;
  const auto ours = route.network.octets();
  const auto theirs = address.octets();
  for (unsigned bit = 0; bit < route.prefix; ++bit) {
    const unsigned shift = 7U - bit % 8U;
    if (((ours[bit / 8U] ^ theirs[bit / 8U]) >> shift & 1U) != 0) return false;
  }
  return true;
}

}  // namespace portwatch::sensor
