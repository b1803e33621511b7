// SPDX-License-Identifier: Apache-2.0
#pragma once

// The values of a trace as JSON and back, beside those that common/json has. Processes have numbers of their
// own in a trace and are named by these. For .cpp files only: it brings in nlohmann/json.hpp.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/json/fields.h"
#include "daemon/trace/record.h"

namespace portwatch::trace {

using json::Json;

/// The number of a process in the trace; null when there is none.
using NumberOf = std::function<Json(const model::ProcessRef& process)>;
/// The process of a number; a failure at that place when there is none.
using ProcessAt = std::function<model::ProcessRef(const json::Reader& at)>;

[[nodiscard]] Json encode(const base::Moment& moment);
[[nodiscard]] Json encode(const Rules& rules);
[[nodiscard]] Json encode(const model::Process& process);
[[nodiscard]] Json encode(const model::HostFacts& host);
[[nodiscard]] Json encode(const model::Coverage& coverage);
[[nodiscard]] Json encode(const model::SensorInfo& sensor);
[[nodiscard]] Json encode(const model::Sighting& sighting, const NumberOf& number_of);
[[nodiscard]] Json encode(const model::FormerHolder& former);
[[nodiscard]] Json encode(const model::LateChange& change);
[[nodiscard]] Json encode(const model::Observation& observation, const NumberOf& number_of);

/// Each fails on what is not within the limits (limits.h), or what no sensor tells.
[[nodiscard]] base::Moment read_moment(const json::Reader& at);
[[nodiscard]] base::BootTime read_boot_time(const json::Reader& at);
[[nodiscard]] base::Micros read_duration(const json::Reader& at);
/// As base::Moment::suspended; clocks that are read one after the other can make it a little less than 0.
[[nodiscard]] base::Micros read_suspended(const json::Reader& at);
/// A boot's or machine's name: letters, digits and dashes.
[[nodiscard]] std::string read_name(const json::Reader& at);
[[nodiscard]] Rules read_rules(const json::Reader& at);
[[nodiscard]] model::Process read_process(const json::Reader& at);
[[nodiscard]] model::HostFacts read_host(const json::Reader& at);
[[nodiscard]] model::Coverage read_coverage(const json::Reader& at);
[[nodiscard]] model::SensorInfo read_sensor(const json::Reader& at);
[[nodiscard]] model::Sighting read_sighting(const json::Reader& at, const ProcessAt& process_at);
[[nodiscard]] model::FormerHolder read_former_holder(const json::Reader& at);
[[nodiscard]] model::LateChange read_late_change(const json::Reader& at);
[[nodiscard]] model::Observation read_observation(const json::Reader& at, const ProcessAt& process_at);

}  // namespace portwatch::trace
