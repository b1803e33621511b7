// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a viewer gets to see of a value. Pure. A viewer that sees everything gets the value as it is; for the
// others, what is about other users' processes is reduced to program and user: of the executable's path the
// file name is left; command, working folder, ancestors, login, session, unit and container are empty, and so
// is how a listener ended; and the listener's `redacted` names them. Texts that could quote a command line
// are replaced, and those that could quote another user's are left out. Nobody gets more of one value than
// told_size.h allows.

#include <unordered_set>

#include "common/model/alert.h"
#include "common/model/connection.h"
#include "common/model/event.h"
#include "common/model/listener.h"
#include "common/model/query.h"
#include "daemon/server/authorizer.h"

namespace portwatch::server {

/// The same reference when nothing has to be hidden or left out.
[[nodiscard]] model::ListenerRef redact(const model::ListenerRef& listener, const Viewer& viewer);
[[nodiscard]] model::Alert redact(const model::Alert& alert, const Viewer& viewer);
/// A viewer learns who serves by a listener (`listening` are the holders of those on its port), and which of
/// the other processes are their own: of others the user alone, whom the system tells everybody
/// (proc_net(5)).
[[nodiscard]] model::Connection redact(const model::Connection& connection, const Viewer& viewer,
                                       const std::unordered_set<model::ProcessKey>& listening);
[[nodiscard]] model::Event redact(const model::Event& event, const Viewer& viewer);

/// The conditions that the store may decide for this viewer. A condition on what the viewer may not see would
/// answer by the presence of rows, so it is left out here; whoever asks decides it on the redacted rows
/// (event_filter.h).
[[nodiscard]] model::EventQuery visible_query(const model::EventQuery& query, const Viewer& viewer);

}  // namespace portwatch::server
