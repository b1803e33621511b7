// SPDX-License-Identifier: Apache-2.0
#pragma once

// Those who listen on one port, among however many: they are sorted by it.

#include <algorithm>
#include <vector>

#include "common/model/listener.h"

namespace portwatch::server {

/// `all`: as StateView::listeners() gives them.
[[nodiscard]] inline auto on_port(const std::vector<model::ListenerRef>& all, base::Port port) {
  return std::ranges::equal_range(
      all, port, {}, [](const model::ListenerRef& listener) { return listener->socket.endpoint.port; });
}

}  // namespace portwatch::server
