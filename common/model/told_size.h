// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much of one value is told. Other programs choose how many processes hold a socket and how long their
// command lines are; an answer that is too large would reach nobody. What is left out is counted beside.

#include <cstddef>

#include "common/model/event.h"

namespace portwatch::model {

/// Of each list of processes, the oldest.
inline constexpr std::size_t kMostProcessesTold = 32;
/// Of each list in a value (weight.h). The first of a list is always told; none is larger than that.
inline constexpr std::size_t kMostBytesTold = 512UL * 1024;

/// The same reference when nothing has to be left out.
[[nodiscard]] ListenerRef cut_to_told_size(const ListenerRef& listener);
/// The listener of the event, and the lists in its detail. An alert's listener too.
void cut_to_told_size(Event& event);

}  // namespace portwatch::model
