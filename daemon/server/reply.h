// SPDX-License-Identifier: Apache-2.0
#pragma once

// How handlers decode what they are asked and encode what they answer. For .cpp files only: it brings in
// nlohmann/json.hpp.

#include <utility>

#include <nlohmann/json.hpp>

#include "common/protocol/messages.h"
#include "daemon/server/handlers.h"

namespace portwatch::server {

template <class Result>
[[nodiscard]] Outcome outcome_of(const Result& result) {
  return protocol::make_json(protocol::encode(result));
}
[[nodiscard]] inline Outcome outcome_of(const base::Error& error) {
  return std::unexpected(protocol::to_rpc(error));
}

/// The parameters of a method; when they do not fit, replies so and gives nothing.
template <protocol::Method M>
[[nodiscard]] auto decode_or_reply(const nlohmann::json& json, const Reply& reply)
    -> std::optional<typename protocol::MessageTypes<M>::Params> {
  auto params = protocol::decode<typename protocol::MessageTypes<M>::Params>(json);
  if (params) return std::move(*params);
  reply(std::unexpected(protocol::invalid_params(params.error())));
  return std::nullopt;
}

}  // namespace portwatch::server
