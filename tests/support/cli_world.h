// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world for portwatchctl: two outputs that remember, a clock that stands still, and a daemon from memory.
//
//   CliWorld world;
//   world.daemon->listeners = {share(make_listener())};
//   EXPECT_EQ(world.run("list --json"), cli::ExitCode::kDone);
//   EXPECT_THAT(world.out.text, HasSubstr("8080"));

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/io.h"
#include "tests/support/builders.h"
#include "tests/support/fake_daemon.h"

namespace portwatch::test {

class MemoryOutput final : public cli::Output {
 public:
  void print(std::string_view printed) override;
  State state() override { return state_after_; }
  std::string problem() const override { return "No space left on device"; }

  std::string text;
  std::size_t prints_until_state = 0;  ///< after so many prints state() is…
  State next_state = State::kGood;     ///< …this one

 private:
  State state_after_ = State::kGood;
  std::size_t prints_ = 0;
};

struct CliWorld {
  CliWorld();

  MemoryOutput out;
  MemoryOutput err;
  platform::TerminalFacts out_terminal;  ///< no terminal, unless a test says so
  std::map<std::string, std::string> environment;
  platform::Person person{.home = "/home/ana", .runtime_dir = "/run/user/1000"};
  std::vector<std::string> unknown_users;             ///< names that the system does not know
  base::UtcTime now = utc_at(std::chrono::hours(4));  ///< 12:00 of the day of kBooted
  std::chrono::seconds zone_offset{0};
  std::shared_ptr<FakeDaemonState> daemon;
  protocol::Role role = protocol::Role::kAdmin;
  std::vector<base::Error> connect_failures;  ///< of the next tries, from the front
  std::vector<std::vector<cli::SocketChoice>> connects;
  std::vector<base::Micros> pauses;

  /// Words are separated by spaces; "'a b'" is one word.
  cli::ExitCode run(std::string_view command_line);
};

}  // namespace portwatch::test
