// SPDX-License-Identifier: Apache-2.0
#include "common/net/endpoint.h"

#include <fmt/format.h>

namespace portwatch::net {

std::string Endpoint::address_and_port() const {
  if (address.family() == Family::kIpv6) return fmt::format("[{}]:{}", address.to_string(), port.value);
  return fmt::format("{}:{}", address.to_string(), port.value);
}

std::string Endpoint::to_string() const {
  return fmt::format("{}/{}", address_and_port(), base::name_of(protocol));
}

}  // namespace portwatch::net
