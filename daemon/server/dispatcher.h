// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a method's name to its handler, after access was checked. Knows nothing of sockets and sessions.

#include <optional>

#include "common/protocol/methods.h"
#include "daemon/server/handlers.h"

namespace portwatch::server {

/// Answers a method that needs no session: all but events.subscribe and events.unsubscribe. `reply` is called
/// once, now or later; whoever waits for it must tell by itself whether it is still there.
void dispatch(const ContextRef& context, const Caller& caller, protocol::Method method,
              const nlohmann::json& params, Reply reply);

}  // namespace portwatch::server
