// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events of our own making: they happen when we say so, so their time is exact.

#include <utility>

#include "common/model/event.h"

namespace portwatch::core {

[[nodiscard]] inline model::Event exact_event(model::EventKind kind, base::Moment now,
                                              model::EventDetail detail,
                                              model::ListenerRef listener = nullptr) {
  return {.seq = {},
          .time = {.at = now.utc,
                   .earliest = std::nullopt,
                   .boot = now.boot,
                   .precision = model::Precision::kExact},
          .kind = kind,
          .listener = std::move(listener),
          .detail = std::move(detail)};
}

}  // namespace portwatch::core
