// SPDX-License-Identifier: Apache-2.0
// How the fake world of portwatchctl is put together.
#include "tests/support/cli_world.h"

#include <algorithm>

#include "cli/run.h"

namespace portwatch::test {
namespace {

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  bool is_word = false;
  for (const char letter : line) {
    if (letter == '\'') {
      is_quoted = !is_quoted;
      is_word = true;
    } else if (letter == ' ' && !is_quoted) {
      if (is_word) words.push_back(std::move(word));
      word.clear();
      is_word = false;
    } else {
      word += letter;
      is_word = true;
    }
  }
  if (is_word) words.push_back(std::move(word));
  return words;
}

}  // namespace

void MemoryOutput::print(std::string_view printed) {
  if (state_after_ != State::kGood) return;
  text += printed;
  if (++prints_ == prints_until_state) state_after_ = next_state;
}

CliWorld::CliWorld() : daemon(std::make_shared<FakeDaemonState>()) {
  daemon->status = make_status();
}

cli::ExitCode CliWorld::run(std::string_view command_line) {
  cli::Io io{
      .out = out,
      .err = err,
      .out_terminal = out_terminal,
      .err_terminal = {},
      .environment =
          [this](const char* name) {
            const auto found = environment.find(name);
            return found == environment.end() ? std::nullopt : std::optional(found->second);
          },
      .person = [this]() -> base::Result<platform::Person> { return person; },
      .is_user =
          [this](const std::string& name) {
            return std::ranges::find(unknown_users, name) == unknown_users.end();
          },
      .now = [this] { return now; },
      .zone = [this](base::UtcTime) { return zone_offset; },
      .connect = [this](const std::vector<cli::SocketChoice>& choices) -> base::Result<cli::FoundDaemon> {
        connects.push_back(choices);
        if (!connect_failures.empty()) {
          const base::Error error = connect_failures.front();
          connect_failures.erase(connect_failures.begin());
          return std::unexpected(error);
        }
        daemon->is_lost = false;
        return cli::FoundDaemon{.daemon = std::make_unique<FakeDaemon>(daemon),
                                .hello = {.role = role},
                                .socket = choices.front().path,
                                .why = choices.front().why};
      },
      .pause = [this](base::Micros duration) { pauses.push_back(duration); },
  };
  return cli::run(split_words(command_line), io);
}

}  // namespace portwatch::test
