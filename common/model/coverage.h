// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a look at the system could not see. A hole in coverage never becomes an event: what was not looked at
// is not gone.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/strong_type.h"
#include "common/net/endpoint.h"

namespace portwatch::model {

/// One table of sockets: a network namespace, a protocol and a family.
struct Table {
  base::Netns netns;  ///< 0: every namespace that has no table of its own here
  net::Protocol protocol = net::Protocol::kTcp;
  net::Family family = net::Family::kIpv4;

  auto operator<=>(const Table&) const = default;
};

/// A table that could not be read, and why.
struct Hole {
  Table table;
  std::string reason;

  bool operator==(const Hole&) const = default;
};

struct Coverage {
  std::vector<Table> tables;           ///< read whole, sorted
  std::vector<Hole> holes;             ///< not read, or not whole
  std::uint32_t denied_processes = 0;  ///< processes whose descriptors we may not read
  bool are_bind_intents_known =
      false;  ///< false: an "unknown" UDP socket in the dynamic range may be a client

  bool operator==(const Coverage&) const = default;
};

}  // namespace portwatch::model
