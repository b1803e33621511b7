// SPDX-License-Identifier: Apache-2.0
#pragma once

// What goes into the core, one piece after another, with the time at which it went in. A trace is a file of
// these (FORMAT.md): the same records give the same events, on every system.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "common/model/observation.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::trace {

/// The version of the format. What may be missing is added without a new one.
inline constexpr int kFormat = 1;

/// What the core judges by.
struct Rules {
  model::Profile profile = model::Profile::kLaptop;
  base::Micros learning{};
  std::optional<base::Micros> look_interval;  ///< unset: looks come as they come

  bool operator==(const Rules&) const = default;
};

/// The first record: who watches what, and when the core was started.
struct Began {
  std::string version;  ///< of portwatchd
  model::SensorInfo sensor;
  std::string boot_id;
  std::optional<std::string> machine_hash;
  Rules rules;
  base::Moment at;
};

struct Looked {
  model::Snapshot snapshot;
  base::Moment at;
};

/// After the first look.
struct Told {
  std::vector<model::Observation> told;
  base::Moment at;
};

struct Ticked {
  base::Moment at;
};

/// Other rules hold from now on.
struct RulesChanged {
  Rules rules;
  base::Moment at;
};

/// The last record of a run that ended as it was asked to.
struct Ended {
  base::Moment at;
};

using Record = std::variant<Began, Looked, Told, Ticked, RulesChanged, Ended>;

}  // namespace portwatch::trace
