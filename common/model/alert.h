// SPDX-License-Identifier: Apache-2.0
#pragma once

// An event that nobody expected, and what became of it.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/enum_names.h"
#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "common/model/listener.h"

namespace portwatch::model {

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh };

enum class AlertState : std::uint8_t {
  kOpen,          ///< waits for a person
  kAcknowledged,  ///< seen; its return counts up silently
  kApproved,      ///< its service key is in the baseline
  kRejected,      ///< must not return: its return is high
};

/// Whether somebody is told. Every alert is recorded.
enum class Delivery : std::uint8_t {
  kNow,
  kAfterLearning,  ///< the baseline is still being learned: told when learning ends, if it is still open then
};

enum class ReasonCode : std::uint8_t {
  kUnknownListener,    ///< its service key is in no baseline
  kExecutableDeleted,  ///< the running file is no longer on disk
  kTemporaryFolder,    ///< program or script lies in a world-writable folder, or only in memory (memfd)
  kRejectedReturned,   ///< a rejected program is back
  kOther,              ///< a reason of a later version, for a client that reads it: its text says what
  kComparison,    ///< who held it before, and what is nearest to what is known: quotes programs that may be
                  ///< other users'
  kUnnamedFile,   ///< program or script lies at a path that the kernel does not tell whole
  kForeignFile,   ///< the program is another file than the one that we find at its path
  kBindConflict,  ///< it does not get the address that it wants, again and again
};

struct Reason {
  ReasonCode code = ReasonCode::kUnknownListener;
  std::string text;  ///< a sentence for people; holds raw bytes of names and paths

  bool operator==(const Reason&) const = default;
};

/// About one service for ever: what was read under its number is what is decided about.
struct Alert {
  base::AlertId id;
  AlertState state = AlertState::kOpen;
  Severity severity = Severity::kInfo;
  Delivery delivery = Delivery::kNow;
  std::vector<Reason> reasons;  ///< loudest first
  std::int64_t count = 1;       ///< how often its service key was seen opening since it was raised
  base::UtcTime opened_at;
  base::UtcTime last_seen_at;
  std::string changed_by;  ///< who approved, rejected or acknowledged; empty while open
  ListenerRef listener;    ///< the latest one that raised it, also one that did not come to be; never null

  bool operator==(const Alert&) const;
};

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Severity> =
    std::to_array<std::string_view>({"info", "low", "medium", "high"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::AlertState> =
    std::to_array<std::string_view>({"open", "acknowledged", "approved", "rejected"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Delivery> =
    std::to_array<std::string_view>({"now", "after-learning"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::ReasonCode> =
    std::to_array<std::string_view>({"unknown_listener", "executable_deleted", "temporary_folder",
                                     "rejected_returned", "other", "comparison", "unnamed_file",
                                     "foreign_file", "bind_conflict"});

// What is not understood wants attention.
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::Severity> =
    std::optional(portwatch::model::Severity::kHigh);
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::AlertState> =
    std::optional(portwatch::model::AlertState::kOpen);
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::Delivery> =
    std::optional(portwatch::model::Delivery::kNow);
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::ReasonCode> =
    std::optional(portwatch::model::ReasonCode::kOther);
