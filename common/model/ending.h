// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why a listening period ended, as far as it is known.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/model/process.h"

namespace portwatch::model {

enum class EndCause : std::uint8_t {
  kUnknown,
  kClosed,  ///< its program let go of it and went on: close(2), shutdown(2), exec(2)
  kExited,  ///< its last holder ended by itself
  kKilled,  ///< a signal ended its last holder
  kEnded,   ///< its last holder ended, nobody knows how
};

/// Of several holders the one that let go last counts.
struct Ending {
  EndCause cause = EndCause::kUnknown;
  std::optional<base::Pid> pid;  ///< who let go of it; unset: not known
  std::uint8_t exit_status = 0;  ///< of kExited
  std::string signal;            ///< of kKilled: "SIGKILL"
  bool has_core = false;         ///< of kKilled: a core dump was written

  bool operator==(const Ending&) const = default;
};

/// How a process ended.
struct ProcessEnd {
  ProcessKey process;
  Ending ending;

  bool operator==(const ProcessEnd&) const = default;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::EndCause> =
    std::to_array<std::string_view>({"unknown", "closed", "exited", "killed", "ended"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::EndCause> =
    std::optional(portwatch::model::EndCause::kUnknown);
