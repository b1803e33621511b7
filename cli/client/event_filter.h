// SPDX-License-Identifier: Apache-2.0
#pragma once

// The conditions of a question, for events that come live: a subscription knows only kinds.

#include "common/model/event.h"
#include "common/model/query.h"
#include "common/net/endpoint.h"

namespace portwatch::cli {

/// Whether a socket that is bound there answers for the port (and address) asked for. A wildcard answers for
/// every address.
[[nodiscard]] bool matches(const net::PortQuery& query, const net::Endpoint& endpoint);

/// Whether port, kinds, program, user and unit of the query fit. Events that are about no listener fit only
/// without conditions on one.
[[nodiscard]] bool matches(const model::EventQuery& query, const model::Event& event);

}  // namespace portwatch::cli
