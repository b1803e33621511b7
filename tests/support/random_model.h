// SPDX-License-Identifier: Apache-2.0
#pragma once

// Model values at random: each optional field set or unset, each enum value, texts that are empty, hostile or
// long; all of valid UTF-8, and all of a shape that the model allows (an event has the detail of its kind).

#include "common/model/event.h"
#include "common/model/query.h"
#include "common/model/status.h"
#include "tests/support/random.h"

namespace portwatch::test {

template <class E>
[[nodiscard]] E random_enum(Random& random) {
  return static_cast<E>(random.below(base::kEnumNames<E>.size()));
}

/// Whole microseconds of the years 0 to 9999.
[[nodiscard]] base::UtcTime random_time(Random& random);
[[nodiscard]] net::IpAddress random_address(Random& random);
[[nodiscard]] model::Process random_process(Random& random);
/// Only what belongs to its cause.
[[nodiscard]] model::Ending random_ending(Random& random);
[[nodiscard]] model::Listener random_listener(Random& random);
[[nodiscard]] model::Alert random_alert(Random& random);
[[nodiscard]] model::BaselineEntry random_baseline_entry(Random& random);
[[nodiscard]] model::Coverage random_coverage(Random& random);
[[nodiscard]] model::Event random_event(Random& random);
[[nodiscard]] model::Status random_status(Random& random);
[[nodiscard]] model::EventQuery random_event_query(Random& random);
[[nodiscard]] model::AlertQuery random_alert_query(Random& random);
[[nodiscard]] model::PastQuery random_past_query(Random& random);

}  // namespace portwatch::test
