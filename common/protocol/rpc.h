// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON-RPC 2.0 (https://www.jsonrpc.org/specification), one object a line, as typed values. Parameters are
// always an object with named fields; batches are refused. What a method's parameters and result hold is in
// messages.h.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "common/base/error.h"

namespace portwatch::protocol {

/// Immutable and shared, so that one encoded event can go to many subscribers. Never null in a decoded
/// message.
using JsonRef = std::shared_ptr<const nlohmann::json>;

/// Null, a whole number, or a text of at most kMaxIdBytes.
using Id = std::variant<std::monostate, std::int64_t, std::string>;
inline constexpr std::size_t kMaxIdBytes = 64;

/// How deep a request, and an answer, may be nested.
inline constexpr std::size_t kMaxRequestDepth = 16;
inline constexpr std::size_t kMaxResponseDepth = 32;

enum class RpcCode : std::int32_t {
  // of JSON-RPC
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
  // ours
  kNotFound = -32001,
  kPermissionDenied = -32002,
  kUnsupported = -32003,
  kUnavailable = -32004,
  kTimeout = -32005,
  kCorrupt = -32006,
  kConflict = -32007,
  kResourceExhausted = -32008,
  kHelloFirst = -32009,  ///< the first request of a session must be hello
  kHistoryReplaced =
      -32010,  ///< a cursor of another epoch: the store was replaced, and its events are others
};

struct RpcError {
  RpcCode code = RpcCode::kInternalError;
  std::string message;
  std::optional<std::string> suggestion;  ///< what may have been meant, or what to do; `data.suggestion`

  bool operator==(const RpcError&) const = default;
};

struct Request {
  std::optional<Id> id;  ///< unset: a notification, which is not answered
  std::string method;
  JsonRef params;  ///< an object; empty when there were none
};

struct Response {
  Id id;
  std::variant<JsonRef, RpcError> outcome;

  [[nodiscard]] const RpcError* error() const { return std::get_if<RpcError>(&outcome); }
  [[nodiscard]] const JsonRef* result() const { return std::get_if<JsonRef>(&outcome); }
};

struct Notification {
  std::string method;
  JsonRef params;
};

[[nodiscard]] JsonRef make_json(nlohmann::json json);

[[nodiscard]] Response success(Id id, nlohmann::json result);
[[nodiscard]] Response failure(Id id, RpcError error);

[[nodiscard]] RpcError to_rpc(const base::Error& error);
/// Where the parameters do not fit; `error` is what decoding them said.
[[nodiscard]] RpcError invalid_params(const base::Error& error);
/// With the nearest method as suggestion.
[[nodiscard]] RpcError unknown_method(std::string_view name);
[[nodiscard]] RpcError request_too_long();
/// The client's view of an error: the code that fits, and the message with the suggestion behind it.
[[nodiscard]] base::Error from_rpc(const RpcError& error);

/// A line with its newline.
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Response& response);
[[nodiscard]] std::string encode(const Notification& notification);

/// What a client sent; or the answer that it must get, because this is no request. That has the request's id,
/// as far as it can be told.
[[nodiscard]] std::expected<Request, Response> decode_request(std::string_view line);

/// What the daemon sent.
/// Errors: kCorrupt.
[[nodiscard]] base::Result<std::variant<Response, Notification>> decode_reply(std::string_view line);

}  // namespace portwatch::protocol
