// SPDX-License-Identifier: Apache-2.0
#pragma once

// A whole picture of who listens, taken at one time, by a sensor that says what it covers.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/enum_names.h"
#include "common/base/time.h"
#include "common/model/attribution.h"
#include "common/model/coverage.h"
#include "common/model/host_facts.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::model {

enum class Presence : std::uint8_t {
  kListed,  ///< the socket table shows it
  kHeld,  ///< the table does not, but a holder's descriptor still shows its inode: a torn dump, or no longer
          ///< listening
};

/// One socket of a snapshot. Owners are sorted by ProcessKey and complete as far as `attribution` says.
struct Sighting {
  SocketRecord socket;
  std::optional<std::string> user;  ///< the name of socket.uid, where the system knows one
  Presence presence = Presence::kListed;
  std::vector<ProcessRef> owners;
  Attribution attribution = Attribution::kKernel;
};

/// A process that held a socket at an earlier look and was not seen to hold it in this one.
struct FormerHolder {
  ProcessKey process;
  bool has_ended = false;  ///< false: it lived on when the socket was gone

  bool operator==(const FormerHolder&) const = default;
};

/// A process that is not what it was, and was not asked in each look: so this may be older than the look
/// before.
struct LateChange {
  ProcessKey process;
  base::BootTime since;  ///< when it was asked last, and was still what it had been

  bool operator==(const LateChange&) const = default;
};

struct Snapshot {
  base::BootTime started;  ///< before the first table was read: what opened later may be missing
  base::BootTime finished;
  base::Micros suspended_at_start{};  ///< as base::Moment::suspended
  base::Micros suspended_at_finish{};
  HostFactsRef host;  ///< never null
  Coverage coverage;
  std::vector<Sighting> sightings;  ///< any order; no two with the same (netns, id)
  /// What is known of them: any order, not all; a process can be in it twice
  std::vector<FormerHolder> former_holders;
  std::vector<LateChange> late_changes;  ///< of holders, any order
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Presence> =
    std::to_array<std::string_view>({"listed", "held"});
