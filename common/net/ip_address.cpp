// SPDX-License-Identifier: Apache-2.0
#include "common/net/ip_address.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace portwatch::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

using Groups = std::array<std::uint16_t, 8>;

/// Four decimal numbers, each without a leading zero (which some read as octal).
std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, end);
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), octets[i]);
    if (error != std::errc{} || stop != part.data() + part.size()) return std::nullopt;
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return octets;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  std::uint16_t group = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), group, 16);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return group;
}

/// Groups between single colons, the last of which may be an IPv4 address. Returns how many groups there are.
std::optional<std::size_t> parse_groups(std::string_view text, bool may_end_in_v4, Groups& groups) {
  std::size_t count = 0;
  if (text.empty()) return count;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && may_end_in_v4 && part.find('.') != std::string_view::npos) {
      const auto octets = parse_v4(part);
      if (!octets || count + 2 > groups.size()) return std::nullopt;
      const auto pair = [&octets](std::size_t at) {
        return static_cast<std::uint16_t>((*octets)[at] << 8U | (*octets)[at + 1]);
      };
      groups[count++] = pair(0);
      groups[count++] = pair(2);
      return count;
    }
    const auto group = parse_group(part);
    if (!group || count == groups.size()) return std::nullopt;
    groups[count++] = *group;
    if (colon == std::string_view::npos) return count;
    text.remove_prefix(colon + 1);
  }
}

std::optional<Groups> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    Groups groups{};
    const auto count = parse_groups(text, true, groups);
    return count == groups.size() ? std::optional(groups) : std::nullopt;
  }
  Groups head{};
  Groups tail{};
  const auto head_count = parse_groups(text.substr(0, gap), false, head);
  const auto tail_count = parse_groups(text.substr(gap + 2), true, tail);
  // "::" stands for at least one group.
  if (!head_count || !tail_count || *head_count + *tail_count >= head.size()) return std::nullopt;
  std::copy_n(tail.begin(), *tail_count, head.end() - static_cast<std::ptrdiff_t>(*tail_count));
  return head;
}

/// RFC 5952: lower case, no leading zeros, the first longest run of at least two zero groups as "::".
std::string format_v6(const Groups& groups) {
  std::size_t run_start = 0;
  std::size_t run_length = 1;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_start = i;
      run_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (run_length > 1 && i == run_start) {
      text += "::";
      i += run_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::from_octets(std::span<const std::uint8_t> octets) {
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  IpAddress address;
  address.family_ = octets.size() == 4 ? Family::kIpv4 : Family::kIpv6;
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto octets = parse_v4(text);
    return octets ? std::optional(v4(*octets)) : std::nullopt;
  }
  const auto groups = parse_v6(text);
  if (!groups) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < groups->size(); ++i) {
    octets[2 * i] = static_cast<std::uint8_t>((*groups)[i] >> 8U);
    octets[2 * i + 1] = static_cast<std::uint8_t>((*groups)[i] & 0xFFU);
  }
  return v6(octets);
}

std::string IpAddress::to_string() const {
  if (family_ == Family::kIpv4)
    return fmt::format("{}.{}.{}.{}", octets_[0], octets_[1], octets_[2], octets_[3]);
  if (is_v4_mapped()) return "::ffff:" + unmapped().to_string();
  Groups groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<std::uint16_t>(octets_[2 * i] << 8U | octets_[2 * i + 1]);
  return format_v6(groups);
}

bool IpAddress::is_v4_mapped() const {
  return family_ == Family::kIpv6 && std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets_.begin());
}

IpAddress IpAddress::unmapped() const {
  return is_v4_mapped() ? v4({octets_[12], octets_[13], octets_[14], octets_[15]}) : *this;
}

}  // namespace portwatch::net
