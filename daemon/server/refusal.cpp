// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/refusal.h"

#include <utility>

namespace portwatch::server {

Refusal::Refusal(uv::Loop& loop, uv::PipeConnection connection, const protocol::RpcError& reason,
                 base::Micros deadline, std::function<void()> done)
    : connection_(std::move(connection)), deadline_(loop, done) {
  connection_.start(
      {.on_bytes = [](std::string_view /*unheard*/) {},
       .on_end = [done = std::move(done)](const std::optional<base::Error>& /*any*/) { done(); }});
  connection_.write(protocol::encode(protocol::failure({}, reason)));
  connection_.finish_writing([] {});
  deadline_.start_once(deadline);
}

}  // namespace portwatch::server
