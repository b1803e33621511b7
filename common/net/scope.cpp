// SPDX-License-Identifier: Apache-2.0
#include "common/net/scope.h"

#include <algorithm>

namespace portwatch::net {
namespace {

/// One block of addresses: the first `bits` bits of `prefix`.
struct Block {
  Family family;
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  Scope scope;

  [[nodiscard]] constexpr bool contains(const IpAddress& address) const {
    if (address.family() != family) return false;
    for (unsigned bit = 0; bit < bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if (((prefix[bit / 8] ^ address.octets()[bit / 8]) & mask) != 0) return false;
    }
    return true;
  }
};

/// No two blocks overlap.
constexpr auto kBlocks = std::to_array<Block>({
    {Family::kIpv4, {0, 0, 0, 0}, 32, Scope::kWildcard},           // RFC 1122, 3.2.1.3
    {Family::kIpv4, {127}, 8, Scope::kLoopback},                   // RFC 1122, 3.2.1.3
    {Family::kIpv4, {169, 254}, 16, Scope::kLink},                 // RFC 3927
    {Family::kIpv4, {10}, 8, Scope::kPrivate},                     // RFC 1918
    {Family::kIpv4, {172, 16}, 12, Scope::kPrivate},               // RFC 1918
    {Family::kIpv4, {192, 168}, 16, Scope::kPrivate},              // RFC 1918
    {Family::kIpv4, {100, 64}, 10, Scope::kPrivate},               // RFC 6598
    {Family::kIpv4, {224}, 4, Scope::kMulticast},                  // RFC 5771
    {Family::kIpv4, {255, 255, 255, 255}, 32, Scope::kMulticast},  // RFC 919
    {Family::kIpv6, {}, 128, Scope::kWildcard},                    // RFC 4291, 2.5.2
    {Family::kIpv6,
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
     128,
     Scope::kLoopback},                               // RFC 4291, 2.5.3
    {Family::kIpv6, {0xFE, 0x80}, 10, Scope::kLink},  // RFC 4291, 2.5.6
    {Family::kIpv6, {0xFC}, 7, Scope::kPrivate},      // RFC 4193
    {Family::kIpv6, {0xFF}, 8, Scope::kMulticast},    // RFC 4291, 2.7
});

}  // namespace

Scope scope_of(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  const auto* block = std::ranges::find_if(kBlocks, [&plain](const Block& b) { return b.contains(plain); });
  return block == kBlocks.end() ? Scope::kPublic : block->scope;
}

}  // namespace portwatch::net
