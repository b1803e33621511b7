// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must hold for the event log of a portwatchd that was killed again and again.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace portwatch::test {

/// Each seq once, from 1 without holes.
void expect_no_holes(const std::vector<nlohmann::json>& stored);

/// Everything that was told is stored, as it was told.
void expect_stored(const std::map<std::int64_t, nlohmann::json>& told,
                   const std::vector<nlohmann::json>& stored);

/// A gap for each run but the first, with a start and an end, one after another.
void expect_ordered_gaps(const std::vector<nlohmann::json>& stored);

/// What tells the sockets of a test apart: "tcp 127.0.0.1 40001". A port alone can be several sockets'.
[[nodiscard]] std::string place_of(const nlohmann::json& listener);

/// These opened once, never closed, and nobody was alarmed about them.
void expect_undisturbed(const std::set<std::string>& places, const std::vector<nlohmann::json>& stored);

/// Every alert is about one of these.
void expect_alarms_only_about(const std::set<std::uint16_t>& ports,
                              const std::vector<nlohmann::json>& stored);

/// What was answered with yes is stored.
void expect_acknowledged(const std::vector<std::int64_t>& alerts, const std::vector<nlohmann::json>& stored);

/// The last event of this kind on the port happened within a gap, and the log has that gap.
void expect_within_a_gap(std::uint16_t port, std::string_view kind,
                         const std::vector<nlohmann::json>& stored);

}  // namespace portwatch::test
