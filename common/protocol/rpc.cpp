// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/rpc.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/json/codec.h"
#include "common/protocol/framer.h"
#include "common/protocol/methods.h"

namespace portwatch::protocol {
namespace {

using json::Json;

struct CodePair {
  base::ErrorCode ours;
  RpcCode rpc;
};

/// From the first pair that fits, in either direction.
constexpr auto kCodes = std::to_array<CodePair>({
    {base::ErrorCode::kInvalidArgument, RpcCode::kInvalidParams},
    {base::ErrorCode::kInvalidArgument, RpcCode::kInvalidRequest},
    {base::ErrorCode::kInvalidArgument, RpcCode::kParseError},
    {base::ErrorCode::kNotFound, RpcCode::kNotFound},
    {base::ErrorCode::kPermissionDenied, RpcCode::kPermissionDenied},
    {base::ErrorCode::kUnsupported, RpcCode::kUnsupported},
    {base::ErrorCode::kUnsupported, RpcCode::kMethodNotFound},
    {base::ErrorCode::kUnavailable, RpcCode::kUnavailable},
    {base::ErrorCode::kTimeout, RpcCode::kTimeout},
    {base::ErrorCode::kCorrupt, RpcCode::kCorrupt},
    {base::ErrorCode::kConflict, RpcCode::kConflict},
    {base::ErrorCode::kConflict, RpcCode::kHistoryReplaced},
    {base::ErrorCode::kConflict, RpcCode::kHelloFirst},
    {base::ErrorCode::kResourceExhausted, RpcCode::kResourceExhausted},
    {base::ErrorCode::kInternal, RpcCode::kInternalError},
});

Json encode_id(const Id& id) {
  if (const auto* number = std::get_if<std::int64_t>(&id)) return *number;
  if (const auto* text = std::get_if<std::string>(&id)) return base::to_valid_utf8(*text);
  return nullptr;
}

std::optional<Id> decode_id(const Json& id) {
  if (id.is_null()) return Id{};
  if (id.is_string()) {
    const auto& text = id.get_ref<const std::string&>();
    if (text.size() > kMaxIdBytes) return std::nullopt;
    return Id{text};
  }
  if (!id.is_number_integer()) return std::nullopt;
  if (id.is_number_unsigned() && !std::in_range<std::int64_t>(id.get<std::uint64_t>())) return std::nullopt;
  return Id{id.get<std::int64_t>()};
}

Json envelope() {
  return Json::object({{"jsonrpc", "2.0"}});
}

std::string to_line(const Json& message) {
  return json::dump(message) + '\n';
}

/// The line of `message` with one more field, which can be large and shared, so that it is not copied into
/// it.
std::string to_line(const Json& message, std::string_view name, const Json& value) {
  std::string line = json::dump(message);
  line.pop_back();
  line += fmt::format(",\"{}\":", name);
  line += json::dump(value);
  line += "}\n";
  return line;
}

bool is_version_2(const Json& message) {
  const auto found = message.find("jsonrpc");
  return found != message.end() && found->is_string() && found->get_ref<const std::string&>() == "2.0";
}

RpcError invalid_request(std::string message) {
  return {.code = RpcCode::kInvalidRequest, .message = std::move(message)};
}

std::optional<std::string> text_at(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<RpcError> decode_error(const Json& error) {
  if (!error.is_object()) return std::nullopt;
  const auto code = error.find("code");
  const auto message = text_at(error, "message");
  if (code == error.end() || !code->is_number_integer() || !message) return std::nullopt;
  RpcError decoded{.code = RpcCode::kInternalError, .message = *message};
  // A code of a later version is still an error.
  for (const CodePair& pair : kCodes)
    if (*code == static_cast<std::int32_t>(pair.rpc)) decoded.code = pair.rpc;
  if (const auto data = error.find("data"); data != error.end() && data->is_object())
    decoded.suggestion = text_at(*data, "suggestion");
  return decoded;
}

}  // namespace

JsonRef make_json(Json value) {
  return std::make_shared<const Json>(std::move(value));
}

Response success(Id id, Json result) {
  return {.id = std::move(id), .outcome = make_json(std::move(result))};
}

Response failure(Id id, RpcError error) {
  return {.id = std::move(id), .outcome = std::move(error)};
}

RpcError to_rpc(const base::Error& error) {
  for (const CodePair& pair : kCodes)
    if (pair.ours == error.code) return {.code = pair.rpc, .message = error.message};
  return {.message = error.message};
}

RpcError invalid_params(const base::Error& error) {
  return {.code = RpcCode::kInvalidParams, .message = "params: " + error.message};
}

RpcError unknown_method(std::string_view name) {
  constexpr std::size_t kShown = 60;
  RpcError error{.code = RpcCode::kMethodNotFound,
                 .message = fmt::format("there is no method \"{}\"",
                                        base::truncate_to_width(base::escape_for_terminal(name), kShown))};
  std::vector<std::string_view> names;
  names.reserve(kMethods.size());
  for (const MethodInfo& method : kMethods) names.push_back(method.name);
  if (const auto near = base::nearest(name, names)) error.suggestion = fmt::format("did you mean {}?", *near);
  return error;
}

RpcError request_too_long() {
  return invalid_request(fmt::format("a request has at most {} bytes", kMaxRequestBytes));
}

base::Error from_rpc(const RpcError& error) {
  base::Error ours{.message = error.message};
  for (const CodePair& pair : kCodes)
    if (pair.rpc == error.code) ours.code = pair.ours;
  if (error.suggestion) ours.message += "; " + *error.suggestion;
  return ours;
}

std::string encode(const Request& request) {
  Json message = envelope();
  if (request.id) message["id"] = encode_id(*request.id);
  message["method"] = base::to_valid_utf8(request.method);
  return request.params ? to_line(message, "params", *request.params) : to_line(message);
}

std::string encode(const Response& response) {
  Json message = envelope();
  message["id"] = encode_id(response.id);
  if (const RpcError* error = response.error()) {
    Json encoded = Json::object(
        {{"code", static_cast<std::int32_t>(error->code)}, {"message", base::to_valid_utf8(error->message)}});
    if (error->suggestion)
      encoded["data"] = Json::object({{"suggestion", base::to_valid_utf8(*error->suggestion)}});
    message["error"] = std::move(encoded);
    return to_line(message);
  }
  static const Json kNull;
  const JsonRef& result = std::get<JsonRef>(response.outcome);
  // By reference: an answer can be large.
  return to_line(message, "result", result ? *result : kNull);
}

std::string encode(const Notification& notification) {
  Json message = envelope();
  message["method"] = base::to_valid_utf8(notification.method);
  return notification.params ? to_line(message, "params", *notification.params) : to_line(message);
}

std::expected<Request, Response> decode_request(std::string_view line) {
  Id id;
  const auto refuse = [&id](RpcError error) { return std::unexpected(failure(id, std::move(error))); };
  auto parsed = json::parse(line, kMaxRequestDepth);
  if (!parsed) return refuse({.code = RpcCode::kParseError, .message = parsed.error().message});
  if (parsed->is_array()) return refuse(invalid_request("batches are not supported; send one object a line"));
  if (!parsed->is_object()) return refuse(invalid_request("a request is a JSON object"));

  Request request;
  if (const auto found = parsed->find("id"); found != parsed->end()) {
    request.id = decode_id(*found);
    if (!request.id)
      return refuse(invalid_request(
          fmt::format("\"id\" must be null, a whole number, or a text of at most {} bytes", kMaxIdBytes)));
    id = *request.id;
  }
  if (!is_version_2(*parsed)) return refuse(invalid_request("\"jsonrpc\" must be \"2.0\""));
  auto method = text_at(*parsed, "method");
  if (!method) return refuse(invalid_request("\"method\" must be a text"));
  request.method = *std::move(method);
  const auto params = parsed->find("params");
  if (params == parsed->end())
    request.params = make_json(Json::object());
  else if (params->is_object())
    request.params = make_json(std::move(*params));
  else
    return refuse(
        {.code = RpcCode::kInvalidParams, .message = "\"params\" must be an object with named fields"});
  return request;
}

base::Result<std::variant<Response, Notification>> decode_reply(std::string_view line) {
  using Reply = std::variant<Response, Notification>;
  const auto refuse = [](std::string_view what) {
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("the daemon sent what is no JSON-RPC message: {}", what));
  };
  auto parsed = json::parse(line, kMaxResponseDepth);
  if (!parsed) return refuse(parsed.error().message);
  if (!parsed->is_object() || !is_version_2(*parsed))
    return refuse("it is no object with \"jsonrpc\": \"2.0\"");

  if (auto method = text_at(*parsed, "method")) {
    const auto params = parsed->find("params");
    if (params != parsed->end() && !params->is_object()) return refuse("\"params\" is no object");
    return Reply{
        Notification{.method = *std::move(method),
                     .params = make_json(params == parsed->end() ? Json::object() : std::move(*params))}};
  }
  const auto found_id = parsed->find("id");
  auto id = found_id == parsed->end() ? std::nullopt : decode_id(*found_id);
  if (!id) return refuse("\"id\" is missing");
  const auto result = parsed->find("result");
  const auto error = parsed->find("error");
  if ((result == parsed->end()) == (error == parsed->end()))
    return refuse("it has not one of \"result\" and \"error\"");
  if (result != parsed->end()) return Reply{success(*std::move(id), std::move(*result))};
  auto decoded = decode_error(*error);
  if (!decoded) return refuse("\"error\" has no code and message");
  return Reply{failure(*std::move(id), *std::move(decoded))};
}

}  // namespace portwatch::protocol
