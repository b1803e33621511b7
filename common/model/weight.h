// SPDX-License-Identifier: Apache-2.0
#pragma once

// About how many bytes a value takes as JSON, counted without making it: so pages stay small also when single
// values are large. Text counts as what it can take at most, escaped.

#include <cstddef>

#include "common/model/connection.h"
#include "common/model/event.h"

namespace portwatch::model {

[[nodiscard]] std::size_t weight(const ProcessRef& process);
[[nodiscard]] std::size_t weight(const BaselineEntry& entry);
[[nodiscard]] std::size_t weight(const Listener& listener);
/// Of one that is told in brief (in_brief()); and of each further one that is alike.
[[nodiscard]] std::size_t weight_in_brief(const Listener& listener);
inline constexpr std::size_t kWeightOfAnAlikeOne = 40;
[[nodiscard]] std::size_t weight(const Alert& alert);
[[nodiscard]] std::size_t weight(const Event& event);
[[nodiscard]] std::size_t weight(const Connection& connection);

}  // namespace portwatch::model
