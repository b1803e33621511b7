// SPDX-License-Identifier: Apache-2.0
// CPU time of a program is what wait4(2) says of it, so what it left to others (a daemon) is not in it.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/measuring.h"

namespace portwatch::bench {
namespace {

using Clock = std::chrono::steady_clock;

double cpu_ms(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return Milliseconds(std::chrono::seconds(time.tv_sec)) +
           Milliseconds(std::chrono::microseconds(time.tv_usec));
  };
  return (of(usage.ru_utime) + of(usage.ru_stime)).count();
}

double since(Clock::time_point start) {
  return Milliseconds(Clock::now() - start).count();
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

Cost cost_of(const std::function<void()>& work) {
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto start = Clock::now();
  work();
  const double wall = since(start);
  ::getrusage(RUSAGE_SELF, &after);
  return {.wall_ms = wall, .cpu_ms = cpu_ms(after) - cpu_ms(before)};
}

pid_t start(const std::vector<std::string>& argv, const std::string& output) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions, fd, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  const int problem = ::posix_spawnp(&pid, words.front(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem == 0) return pid;
  fmt::print(stderr, "cannot start {}: is it installed?\n", argv.front());
  std::exit(1);
}

Cost cost_of(const std::vector<std::string>& argv, const std::string& output) {
  const auto begin = Clock::now();
  const pid_t pid = start(argv, output);
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  const double wall = since(begin);
  // lsof says 1 when there was something that it could not look at.
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    fmt::print(stderr, "{} failed\n", fmt::join(argv, " "));
    std::exit(1);
  }
  return {.wall_ms = wall, .cpu_ms = cpu_ms(usage)};
}

Cost Series::median() const {
  std::vector<double> wall, cpu;
  for (const Cost& cost : costs_) wall.push_back(cost.wall_ms), cpu.push_back(cost.cpu_ms);
  return {.wall_ms = median_of(std::move(wall)), .cpu_ms = median_of(std::move(cpu))};
}

void print_table(const std::vector<const Series*>& rows) {
  fmt::print("| {:<44} | {:>9} | {:>9} | {:>8} | {:>8} |\n", "", "wall ms", "CPU ms", "wall", "CPU");
  fmt::print("|{:-<46}|{:->11}|{:->11}|{:->10}|{:->10}|\n", "", ":", ":", ":", ":");
  const Cost yardstick = rows.front()->median();
  for (const Series* row : rows) {
    const Cost cost = row->median();
    fmt::print("| {:<44} | {:>9.2f} | {:>9.2f} | {:>8.3f} | {:>8.3f} |\n", row->name(), cost.wall_ms,
               cost.cpu_ms, cost.wall_ms / yardstick.wall_ms, cost.cpu_ms / yardstick.cpu_ms);
  }
}

}  // namespace portwatch::bench
