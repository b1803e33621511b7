// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs in the kernel could not tell, counted by themselves. Each number only grows.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace portwatch::sensor::bpf {

/// Since the programs were loaded.
struct Losses {
  std::uint64_t records = 0;          ///< that found no room in the ring
  std::uint64_t processes = 0;        ///< those among them that tell who a process is; they are told again
  base::BootTime last_at;             ///< of the last such record
  std::uint64_t unseen_refusals = 0;  ///< binds that would not be noticed if they were refused
  std::uint64_t unseen_holders = 0;   ///< processes whose exec, fork and exit will not be told
  std::uint64_t unseen_tries = 0;     ///< a refused listen(2) that will look like an end
  /// Times that the kernel did not run a program because it ran already on that processor.
  std::uint64_t skipped = 0;

  bool operator==(const Losses&) const = default;
};

/// What they hide, for an administrator: those that no gap in the history tells of.
[[nodiscard]] std::vector<std::string> blind_spots_of(const Losses& losses);

}  // namespace portwatch::sensor::bpf
