// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key of a listener as fields, for details that name one.

#include "common/model/listener.h"
#include "daemon/store/fields.h"
#include "daemon/store/row_values.h"

namespace portwatch::store {

inline void put(FieldWriter& out, const model::ListenerKey& key) {
  out.put(key.boot_id)
      .put(to_bits(key.netns.value))
      .put(key.socket.kind)
      .put(to_bits(key.socket.value))
      .put(key.generation);
}

[[nodiscard]] inline model::ListenerKey read_key(FieldReader& in) {
  model::ListenerKey key;
  key.boot_id = in.text();
  key.netns.value = from_bits(in.number());
  key.socket.kind = in.enumerator<model::SocketId::Kind>();
  key.socket.value = from_bits(in.number());
  key.generation = in.number();
  return key;
}

}  // namespace portwatch::store
