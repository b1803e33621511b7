// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sensor tells as it happens, between its pictures of the whole.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "common/model/conflict.h"
#include "common/model/ending.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::model {

/// A listening period began: the kernel has accepted it.
struct SocketOpened {
  SocketRecord socket;
  base::BootTime at;
  ProcessRef opener;  ///< as it was then; null: not a process that we can name
};

/// A listening period ended.
struct SocketClosed {
  base::Netns netns;
  SocketId id;
  base::BootTime at;
  Ending ending;  ///< unknown also where nobody but the kernel let go of it, behind a process that ended
};

/// Whoever had an address when another one wanted it, as far as that could be seen.
struct SeenHolder {
  HolderKind kind = HolderKind::kListener;
  SocketRecord socket;
  ProcessRef process;  ///< one that holds the socket; null: not looked for (of a listener), or not found
};

/// bind(2) or listen(2) failed.
struct WishRefused {
  Wish wish = Wish::kBind;
  SocketRecord socket;  ///< with the address that was wanted; `uid` is who wanted it
  base::BootTime at;    ///< when it was asked for
  ProcessRef by;        ///< as it was then; null: not a process that we can name
  ConflictCause cause = ConflictCause::kUnknown;
  bool is_certain = false;          ///< about the cause
  std::vector<SeenHolder> holders;  ///< of kInUse, some
  std::uint64_t holders_left_out = 0;
  std::uint64_t count = 1;  ///< so many, one right after the other
};

/// Processes that hold listeners forked, ran another program or ended: who holds what is to be looked at
/// again.
struct HoldersChanged {
  base::BootTime at;
  std::vector<ProcessEnd> ended;  ///< those that ended since, in order; bounded
};

/// Some of what happened between these times was not told: a look has to find what is left of it.
struct ObservationsLost {
  base::BootTime from;
  base::BootTime to;
  std::uint64_t count = 0;  ///< 0: nobody knows
};

using Observation = std::variant<SocketOpened, SocketClosed, WishRefused, HoldersChanged, ObservationsLost>;

/// When it happened, or was over.
[[nodiscard]] base::BootTime time_of(const Observation& observation);

}  // namespace portwatch::model
