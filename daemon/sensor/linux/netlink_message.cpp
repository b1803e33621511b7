// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/netlink_message.h"

#include <algorithm>

#include <linux/netlink.h>

namespace portwatch::sensor {
namespace {

/// What comes next starts at a multiple of four.
void skip_aligned(Bytes& bytes, std::size_t length) {
  constexpr std::size_t kAlign = NLMSG_ALIGNTO;
  bytes = bytes.subspan(std::min(bytes.size(), (length + kAlign - 1) / kAlign * kAlign));
}

}  // namespace

std::optional<NetlinkMessage> take_message(Bytes& datagram, bool& is_malformed) {
  if (datagram.empty()) return std::nullopt;
  const auto header = load<nlmsghdr>(datagram);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) {
    is_malformed = true;
    datagram = {};
    return std::nullopt;
  }
  const NetlinkMessage message{.type = header->nlmsg_type,
                               .flags = header->nlmsg_flags,
                               .sequence = header->nlmsg_seq,
                               .payload = datagram.first(header->nlmsg_len).subspan(sizeof(nlmsghdr))};
  skip_aligned(datagram, header->nlmsg_len);
  return message;
}

std::optional<NetlinkAttribute> take_attribute(Bytes& attributes) {
  const auto header = load<nlattr>(attributes);
  if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > attributes.size()) return std::nullopt;
  const NetlinkAttribute attribute{.type = static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                                   .value = attributes.first(header->nla_len).subspan(sizeof(nlattr))};
  skip_aligned(attributes, header->nla_len);
  return attribute;
}

}  // namespace portwatch::sensor
