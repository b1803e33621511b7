// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sentences of an alert, for people: who listens where, who started it, and what is nearest to what is
// known. Names and paths in them are raw bytes of other processes.

#include <optional>
#include <string>

#include "common/model/alert.h"
#include "common/model/conflict.h"
#include "common/model/listener.h"
#include "daemon/core/baseline.h"

namespace portwatch::core {

/// "python3 -m http.server (user ana) listens on 127.0.0.1:62893/tcp for the first time; started by bash ‹
/// sshd". Says nothing of other programs, which may be other users'. `has_changed_hands`: another program
/// held it before; else it has just opened.
[[nodiscard]] model::Reason unknown_listener(const model::Listener& listener, bool has_changed_hands,
                                             bool has_been_seen);

/// "opened by nginx (user www-data); nearest known: python3 -m http.server on port 8000, loopback, user ana;
/// differs in: port". `former`: the listener as it was when another program held it, or null. Nothing when
/// there is nothing to compare with.
[[nodiscard]] std::optional<model::Reason> comparison(const model::Listener* former,
                                                      const std::optional<Neighbour>& nearest);

/// "nginx (user root) was refused 0.0.0.0:80/tcp 7 times; apache2 (pid 801, user www-data) listens on
/// 0.0.0.0:80/tcp". Says of others what everybody may see. `refusals`: since it began to try.
[[nodiscard]] model::Reason bind_conflict(const model::Listener& wanted, const model::ConflictDetail& detail,
                                          std::int64_t refusals);

/// "rejected by ana (uid 1000), and it is back".
[[nodiscard]] model::Reason rejected_returned(const model::Alert& alert);

}  // namespace portwatch::core
