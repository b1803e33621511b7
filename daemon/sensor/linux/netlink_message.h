// SPDX-License-Identifier: Apache-2.0
#pragma once

// The framing of netlink (netlink(7), RFC 3549): messages in a datagram, attributes in a message. Pure and
// bounded: a length that does not fit ends the reading.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace portwatch::sensor {

using Bytes = std::span<const std::byte>;

/// The T at the beginning of the bytes, whatever their alignment; nothing when they are too few.
template <class T>
[[nodiscard]] std::optional<T> load(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  Bytes payload;
};

/// Takes the next message off the front of `datagram`; nothing at the end. A length that lies empties
/// `datagram` and sets `is_malformed`.
[[nodiscard]] std::optional<NetlinkMessage> take_message(Bytes& datagram, bool& is_malformed);

struct NetlinkAttribute {
  std::uint16_t type = 0;
  Bytes value;
};

/// Takes the next attribute off the front of `attributes`; nothing at the end, and at a length that lies.
[[nodiscard]] std::optional<NetlinkAttribute> take_attribute(Bytes& attributes);

}  // namespace portwatch::sensor
