// SPDX-License-Identifier: Apache-2.0
// portwatchctl as a process: descriptors 1 and 2, the environment, the clock. An interrupt ends it as it ends
// any program: every line is written whole, so there is nothing to clean up.
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "cli/client/connect.h"
#include "cli/run.h"
#include "common/platform/user_name.h"

namespace {

constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;

}  // namespace

int main(int argc, char** argv) {
  using namespace portwatch;
  // A reader that went away is seen as EPIPE.
  std::signal(SIGPIPE, SIG_IGN);
  cli::DescriptorOutput out(kStandardOutput);
  cli::DescriptorOutput err(kStandardError);
  cli::Io io{
      .out = out,
      .err = err,
      .out_terminal = platform::terminal_facts(kStandardOutput),
      .err_terminal = platform::terminal_facts(kStandardError),
      .environment =
          [](const char* name) {
            const char* value = std::getenv(name);
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
      .person = platform::current_person,
      .is_user = platform::is_user,
      .now = [] { return std::chrono::floor<base::Micros>(std::chrono::system_clock::now()); },
      .zone = cli::system_time_zone(),
      .connect = cli::connect_to_daemon,
      .pause = [](base::Micros duration) { std::this_thread::sleep_for(duration); },
  };
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(cli::run(words, io));
}
