// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a client's cursor to a place in our log, or why there is none.

#include <expected>
#include <string>

#include "common/protocol/cursor.h"
#include "common/protocol/rpc.h"

namespace portwatch::server {

/// Errors: kHistoryReplaced: the cursor is of another log, and its numbers name other events.
[[nodiscard]] std::expected<base::Seq, protocol::RpcError> position_of(const protocol::Cursor& cursor,
                                                                       const std::string& epoch);

}  // namespace portwatch::server
