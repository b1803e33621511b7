// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run of one command: its arguments, its ways out, and the daemon when it is needed.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/client/daemon.h"
#include "cli/exit_code.h"
#include "cli/io.h"
#include "cli/render/line.h"
#include "cli/render/view.h"

namespace portwatch::cli {

class Session {
 public:
  Session(Io& io, Arguments arguments, bool has_color_on_out, bool has_color_on_err);

  [[nodiscard]] const Arguments& arguments() const { return arguments_; }
  [[nodiscard]] bool wants_json() const { return arguments_.has("--json"); }
  [[nodiscard]] base::UtcTime now() const { return io_.now(); }
  [[nodiscard]] const TimeZone& zone() const { return io_.zone; }
  /// Of stdout, with the time as it is now.
  [[nodiscard]] View view() const;

  void print(std::string_view text) { io_.out.print(text); }
  /// One line of JSON.
  void print_json(const nlohmann::json& json);
  /// Whether it makes sense to print more.
  [[nodiscard]] bool is_heard() const { return io_.out.state() == Output::State::kGood; }
  /// A remark on stderr, a line of its own.
  void say(const Line& line);

  /// Connects at the first call. When that fails it has said why: the exit code is what is left to do.
  [[nodiscard]] std::expected<Daemon*, ExitCode> daemon();
  /// Connects anew and says nothing; for a watch that goes on when the daemon is back.
  [[nodiscard]] base::Result<Daemon*> reconnect();
  [[nodiscard]] const FoundDaemon& found() const { return *found_; }
  /// Whether the daemon lets this person decide about every alert.
  [[nodiscard]] bool may_decide() const { return found_ && found_->hello.role == protocol::Role::kAdmin; }
  [[nodiscard]] bool is_user(const std::string& name) const { return io_.is_user(name); }
  void pause(base::Micros duration) { io_.pause(duration); }

  /// Says what went wrong and what to do next. Gives the exit code for it.
  ExitCode fail(const base::Error& error);
  /// The command line is wrong: says so and where to read more.
  ExitCode misuse(std::string_view command, const base::Error& error);

 private:
  [[nodiscard]] base::Result<std::vector<SocketChoice>> socket_choices() const;
  ExitCode say_nobody_answers(const base::Error& error);

  Io& io_;
  Arguments arguments_;
  bool has_color_on_out_;
  bool has_color_on_err_;
  std::optional<FoundDaemon> found_;
};

}  // namespace portwatch::cli
