// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/log_position.h"

namespace portwatch::server {

std::expected<base::Seq, protocol::RpcError> position_of(const protocol::Cursor& cursor,
                                                         const std::string& epoch) {
  if (cursor.epoch == epoch) return cursor.seq;
  return std::unexpected(protocol::RpcError{
      .code = protocol::RpcCode::kHistoryReplaced,
      .message = "the cursor is of another event log: portwatchd's store was replaced since",
      .suggestion = "start again without a cursor"});
}

}  // namespace portwatch::server
