// SPDX-License-Identifier: Apache-2.0
#pragma once

// How loud each situation is, for a person's machine and for one that serves: one table, and the loudest row
// that fits wins. No number comes from anywhere else.

#include <algorithm>
#include <array>

#include "common/model/alert.h"
#include "common/model/identity.h"
#include "common/model/status.h"

namespace portwatch::core {

enum class Situation : std::uint8_t {
  kUnknownOnLoopback,
  kUnknownBeyondLoopback,
  kTemporaryFolder,
  kExecutableDeleted,
  kRejectedReturned,
  kComparison,
  kUnnamedFile,
  kForeignFile,
  kBindConflict,
};

struct SeverityRow {
  Situation situation;
  model::Severity laptop;
  model::Severity server;
};

inline constexpr auto kSeverityTable = std::to_array<SeverityRow>({
    {Situation::kUnknownOnLoopback, model::Severity::kLow, model::Severity::kMedium},
    {Situation::kUnknownBeyondLoopback, model::Severity::kMedium, model::Severity::kHigh},
    {Situation::kTemporaryFolder, model::Severity::kHigh, model::Severity::kHigh},
    {Situation::kExecutableDeleted, model::Severity::kHigh, model::Severity::kHigh},
    {Situation::kRejectedReturned, model::Severity::kHigh, model::Severity::kHigh},
    {Situation::kComparison, model::Severity::kInfo, model::Severity::kInfo},
    {Situation::kUnnamedFile, model::Severity::kHigh, model::Severity::kHigh},
    {Situation::kForeignFile, model::Severity::kMedium, model::Severity::kHigh},
    {Situation::kBindConflict, model::Severity::kLow, model::Severity::kLow},
});

[[nodiscard]] constexpr model::Severity severity_of(Situation situation, model::Profile profile) {
  const SeverityRow& row = kSeverityTable[static_cast<std::size_t>(situation)];
  return profile == model::Profile::kLaptop ? row.laptop : row.server;
}

static_assert(
    [] {
      for (std::size_t i = 0; i < kSeverityTable.size(); ++i)
        if (static_cast<std::size_t>(kSeverityTable[i].situation) != i) return false;
      return kSeverityTable.size() == static_cast<std::size_t>(Situation::kBindConflict) + 1;
    }(),
    "every situation has one row, in the order of the enum");

/// The situation that a reason speaks of, for a listener of this exposure.
[[nodiscard]] constexpr Situation situation_of(model::ReasonCode code, model::Exposure exposure) {
  switch (code) {
    case model::ReasonCode::kUnknownListener:
      return exposure == model::Exposure::kLoopback ? Situation::kUnknownOnLoopback
                                                    : Situation::kUnknownBeyondLoopback;
    case model::ReasonCode::kExecutableDeleted: return Situation::kExecutableDeleted;
    case model::ReasonCode::kTemporaryFolder: return Situation::kTemporaryFolder;
    case model::ReasonCode::kRejectedReturned: return Situation::kRejectedReturned;
    case model::ReasonCode::kComparison: return Situation::kComparison;
    case model::ReasonCode::kUnnamedFile: return Situation::kUnnamedFile;
    case model::ReasonCode::kForeignFile: return Situation::kForeignFile;
    case model::ReasonCode::kBindConflict: return Situation::kBindConflict;
    case model::ReasonCode::kOther: break;
  }
  return Situation::kUnknownBeyondLoopback;
}

[[nodiscard]] constexpr model::Severity severity_of(model::ReasonCode code, model::Exposure exposure,
                                                    model::Profile profile) {
  return severity_of(situation_of(code, exposure), profile);
}

/// Of reasons that name each code once.
inline void sort_loudest_first(std::vector<model::Reason>& reasons, model::Exposure exposure,
                               model::Profile profile) {
  std::ranges::sort(reasons, std::ranges::greater{}, [&](const model::Reason& reason) {
    return std::pair(severity_of(reason.code, exposure, profile), reason.code);
  });
}

}  // namespace portwatch::core
