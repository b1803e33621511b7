// SPDX-License-Identifier: Apache-2.0
#include "cli/client/connect.h"

#include <optional>

#include <fmt/format.h>

#include "cli/client/connection.h"
#include "cli/client/rpc_daemon.h"

namespace portwatch::cli {
namespace {

constexpr base::Micros kConnectDeadline = std::chrono::seconds(5);

/// What to say of a socket that nobody could be reached at, in few words.
base::Error in_few_words(base::Error error) {
  switch (error.code) {
    case base::ErrorCode::kNotFound: error.message = "no such socket"; break;
    case base::ErrorCode::kUnavailable: error.message = "nobody listens there"; break;
    case base::ErrorCode::kPermissionDenied: error.message = "permission denied"; break;
    default: break;
  }
  return error;
}

base::Result<std::unique_ptr<RpcDaemon>> try_one(const std::string& path) {
  auto connection = Connection::open(path, kConnectDeadline);
  if (!connection) return std::unexpected(in_few_words(connection.error()));
  const auto pid = (*connection)->peer_pid();
  auto daemon = RpcDaemon::greet(std::move(*connection));
  if (!daemon && daemon.error().code == base::ErrorCode::kTimeout)
    return base::fail(base::ErrorCode::kTimeout,
                      pid ? fmt::format("portwatchd runs (pid {}) but does not answer", pid->value)
                          : std::string("portwatchd runs but does not answer"));
  return daemon;
}

/// Whether somebody is there who is not to be passed over in silence.
bool is_somebody_there(base::ErrorCode code) {
  return code == base::ErrorCode::kPermissionDenied || code == base::ErrorCode::kUnsupported ||
         code == base::ErrorCode::kCorrupt;
}

}  // namespace

base::Result<FoundDaemon> connect_to_daemon(const std::vector<SocketChoice>& choices) {
  base::Error failure{base::ErrorCode::kUnavailable, "no portwatchd answers"};
  std::optional<base::Error> stalled;
  std::string_view separator = ": ";
  for (const SocketChoice& choice : choices) {
    auto daemon = try_one(choice.path);
    if (daemon) {
      protocol::HelloResult hello = (*daemon)->hello();
      return FoundDaemon{
          .daemon = std::move(*daemon), .hello = std::move(hello), .socket = choice.path, .why = choice.why};
    }
    if (daemon.error().code == base::ErrorCode::kTimeout && !stalled)
      stalled = base::with_context(choice.path, daemon.error()).error();
    failure.message += fmt::format("{}{} ({})", separator, choice.path, daemon.error().message);
    separator = ", ";
    if (is_somebody_there(daemon.error().code)) failure.code = daemon.error().code;
  }
  // One that runs and does not answer matters more than what else was tried in vain.
  return std::unexpected(std::move(stalled ? *stalled : failure));
}

}  // namespace portwatch::cli
