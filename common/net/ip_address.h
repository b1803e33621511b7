// SPDX-License-Identifier: Apache-2.0
#pragma once

// An IPv4 or IPv6 address as a value. Reading and writing follow RFC 4291 and RFC 5952 and call nothing of
// the OS.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/enum_names.h"

namespace portwatch::net {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() = default;

  /// Octets in network order.
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> octets) {
    IpAddress address;
    for (std::size_t i = 0; i < octets.size(); ++i) address.octets_[i] = octets[i];
    return address;
  }
  static constexpr IpAddress v6(std::array<std::uint8_t, 16> octets) {
    IpAddress address;
    address.family_ = Family::kIpv6;
    address.octets_ = octets;
    return address;
  }
  /// 4 or 16 octets in network order; nothing for any other length.
  static std::optional<IpAddress> from_octets(std::span<const std::uint8_t> octets);

  /// "127.0.0.1", "::1", "::ffff:10.0.0.1"; no brackets, no zone, no leading zeros in IPv4.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr Family family() const { return family_; }
  /// 4 or 16 octets in network order.
  [[nodiscard]] constexpr std::span<const std::uint8_t> octets() const {
    return {octets_.data(), family_ == Family::kIpv4 ? std::size_t{4} : std::size_t{16}};
  }
  [[nodiscard]] constexpr bool is_wildcard() const {
    for (const std::uint8_t octet : octets())
      if (octet != 0) return false;
    return true;
  }
  /// ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
  [[nodiscard]] bool is_v4_mapped() const;
  /// The IPv4 address inside a v4-mapped one; any other address as it is.
  [[nodiscard]] IpAddress unmapped() const;

  constexpr auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kIpv4;
  std::array<std::uint8_t, 16> octets_{};
};

}  // namespace portwatch::net

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::net::Family> =
    std::to_array<std::string_view>({"ipv4", "ipv6"});
