// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <nlohmann/json.hpp>

#include "common/json/codec.h"

namespace portwatch::cli {

Session::Session(Io& io, Arguments arguments, bool has_color_on_out, bool has_color_on_err)
    : io_(io),
      arguments_(std::move(arguments)),
      has_color_on_out_(has_color_on_out),
      has_color_on_err_(has_color_on_err) {}

View Session::view() const {
  const auto person = io_.person();
  return {.columns = io_.out_terminal.columns,
          .has_color = has_color_on_out_,
          .now = io_.now(),
          .zone = io_.zone,
          .home = person ? person->home.string() : std::string()};
}

void Session::print_json(const nlohmann::json& json) {
  print(json::dump(json) + "\n");
}

void Session::say(const Line& line) {
  const View view{.has_color = has_color_on_err_};
  io_.err.print(line.painted(view) + "\n");
}

base::Result<std::vector<SocketChoice>> Session::socket_choices() const {
  if (const auto named = arguments_.value("--socket"))
    return std::vector<SocketChoice>{{*named, "named by --socket"}};
  if (const auto named = io_.environment("PORTWATCH_SOCKET"); named && !named->empty())
    return std::vector<SocketChoice>{{*named, "named by PORTWATCH_SOCKET"}};
  const std::string system = platform::system_locations().socket.string();
  const auto person = io_.person();
  if (!person) return std::vector<SocketChoice>{{system, "the system's"}};
  std::vector<SocketChoice> choices;
  for (const auto& path : platform::socket_candidates(*person))
    choices.push_back({path.string(), path == system ? "the system's" : "yours"});
  return choices;
}

base::Result<Daemon*> Session::reconnect() {
  found_.reset();
  auto choices = socket_choices();
  if (!choices) return std::unexpected(choices.error());
  auto found = io_.connect(*choices);
  if (!found) return std::unexpected(found.error());
  found_ = std::move(*found);
  return found_->daemon.get();
}

std::expected<Daemon*, ExitCode> Session::daemon() {
  if (found_) return found_->daemon.get();
  auto daemon = reconnect();
  if (!daemon) return std::unexpected(say_nobody_answers(daemon.error()));
  return *daemon;
}

ExitCode Session::say_nobody_answers(const base::Error& error) {
  say(Line("portwatchctl: ", Style::kAlarm).add(error.message));
  if (error.code == base::ErrorCode::kPermissionDenied) {
    say(
        Line("  That daemon is somebody else's. Ask as that user (sudo portwatchctl …), or start one of your "
             "own: portwatchd"));
    return ExitCode::kDenied;
  }
  if (error.code == base::ErrorCode::kUnsupported) {
    say(Line("  Install portwatchctl and portwatchd of one version, and restart portwatchd."));
    return ExitCode::kFailed;
  }
  if (error.code == base::ErrorCode::kCorrupt) {
    say(Line("  What answers there is no portwatchd, or one of another version."));
    return ExitCode::kFailed;
  }
  if (error.code == base::ErrorCode::kTimeout) {
    say(Line("  It is stopped or busy: let it go on (kill -CONT), or end it before another one is started."));
    return ExitCode::kNoDaemon;
  }
  const auto named = arguments_.value("--socket");
  const std::string from_environment = io_.environment("PORTWATCH_SOCKET").value_or("");
  if (named || !from_environment.empty()) {
    say(Line("  Only that socket was tried, as it was named. Start a daemon there with: portwatchd --socket ")
            .add(named ? *named : from_environment));
    return ExitCode::kNoDaemon;
  }
  say(Line("  Start the system's daemon with: sudo systemctl start portwatchd"));
  say(Line("  or one of your own, in another terminal, with: portwatchd"));
  return ExitCode::kNoDaemon;
}

ExitCode Session::fail(const base::Error& error) {
  say(Line("portwatchctl: ", Style::kAlarm).add(error.message));
  if (error.code == base::ErrorCode::kPermissionDenied) {
    // Whether other rights would help is the daemon's to say: it knows why it refuses.
    return ExitCode::kDenied;
  }
  if (found_ && found_->daemon->is_lost()) {
    say(
        Line("  The connection has ended. If portwatchd is not running, its log says why: journalctl -u "
             "portwatchd"));
    return ExitCode::kNoDaemon;
  }
  return ExitCode::kFailed;
}

ExitCode Session::misuse(std::string_view command, const base::Error& error) {
  say(Line("portwatchctl: ", Style::kAlarm).add(error.message));
  if (command.empty())
    say(Line("  All commands: portwatchctl help"));
  else
    say(Line("  How to use it: portwatchctl help ").add(command));
  return ExitCode::kUsage;
}

}  // namespace portwatch::cli
