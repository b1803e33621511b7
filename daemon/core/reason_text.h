// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sentences of an alert, for people: who listens where, who started it, and what is nearest to what is
// known. Names and paths in them are raw bytes of other processes.

#include <optional>
#include <string>

#include "common/model/alert.h"
#include "common/model/listener.h"
#include "daemon/core/baseline.h"

namespace portwatch::core {

/// "python3 -m http.server (user ana) listens on 127.0.0.1:62893/tcp for the first time; started by bash ‹
/// sshd; nearest known: python3 -m http.server on port 8000, loopback, user ana; differs in: port". `former`:
/// the listener as it was when another program held it; null when it has just opened.
[[nodiscard]] model::Reason unknown_listener(const model::Listener& listener, const model::Listener* former,
                                             bool has_been_seen, const std::optional<Neighbour>& nearest);

/// "rejected by ana (uid 1000), and it is back".
[[nodiscard]] model::Reason rejected_returned(const model::Alert& alert);

}  // namespace portwatch::core
