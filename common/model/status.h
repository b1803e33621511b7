// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `portwatchctl status` shows: is it watching, with what, how well, and what wants attention.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/model/alert.h"
#include "common/model/coverage.h"
#include "common/model/identity.h"

namespace portwatch::model {

/// How loud the table of situations is: a person's machine, or one that serves.
enum class Profile : std::uint8_t { kLaptop, kServer };

/// A sensor that could have been used, and why it is not.
struct SkippedSensor {
  std::string name;
  std::string reason;

  bool operator==(const SkippedSensor&) const = default;
};

struct SensorInfo {
  std::string name;                      ///< "sock_diag", "proc_net"
  std::string summary;                   ///< one line for people
  std::vector<std::string> blind_spots;  ///< what it cannot see on this machine with these rights, and why
  std::vector<SkippedSensor> skipped;    ///< better ones that could not be used

  bool operator==(const SensorInfo&) const = default;
};

struct StoreStatus {
  std::string path;
  std::uint64_t size_bytes = 0;
  base::Seq last_seq;                  ///< the last event that is committed
  std::uint64_t pending_events = 0;    ///< waiting to be committed
  std::optional<std::string> problem;  ///< why nothing can be written now; unset: all is well

  bool operator==(const StoreStatus&) const = default;
};

struct ScanStatus {
  base::Micros interval{};
  std::uint64_t count = 0;               ///< scans since the start
  std::optional<base::UtcTime> last_at;  ///< when the last one started
  std::optional<base::Micros> last_duration;
  std::optional<std::string> problem;  ///< why the last one failed; unset: it did not

  bool operator==(const ScanStatus&) const = default;
};

struct Status {
  std::string version;
  base::Pid pid;
  base::Uid uid;
  std::string user;
  Profile profile = Profile::kLaptop;
  std::string host_id;
  std::string epoch;
  base::UtcTime started_at;
  std::optional<base::UtcTime> learning_until;  ///< set while the baseline is being learned
  SensorInfo sensor;
  ScanStatus scan;
  Coverage coverage;
  StoreStatus store;
  /// How many listen now, by exposure; every exposure has an entry
  std::map<Exposure, std::uint64_t> listeners;
  std::map<Severity, std::uint64_t> open_alerts;  ///< by severity; every severity has an entry
  /// Situations since the start that raised no alert because too many of the same user wait
  std::uint64_t alerts_not_raised = 0;
  std::uint64_t sessions = 0;  ///< clients connected now

  bool operator==(const Status&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Profile> =
    std::to_array<std::string_view>({"laptop", "server"});
