// SPDX-License-Identifier: Apache-2.0
// CPU time in nanoseconds and switches are counted for each thread (proc(5): task/TID/schedstat and
// voluntary_ctxt_switches in task/TID/status), memory in smaps_rollup.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/measuring.h"
#include "tests/bench/watched_daemon.h"
#include "tests/support/wait.h"

namespace portwatch::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(120);

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The number behind "NAME:".
long number_behind(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + ":");
  return at == std::string::npos ? 0 : std::strtol(text.c_str() + at + name.size() + 1, nullptr, 10);
}

double since(Clock::time_point start) {
  return Milliseconds(Clock::now() - start).count();
}

}  // namespace

WatchedDaemon::WatchedDaemon(Programs programs) : programs_(std::move(programs)) {
  std::string pattern = (fs::temp_directory_path() / "portwatch-bench-XXXXXX").native();
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror("cannot make a temporary folder");
    std::exit(1);
  }
  folder_ = pattern;
  std::ofstream(file("portwatch.toml")) << "[scan]\nsensor = \"sock_diag\"\n";
  const auto begin = Clock::now();
  pid_ = start({programs_.portwatchd, "--config", file("portwatch.toml"), "--state-dir", file("state"),
                "--socket", file("socket")},
               file("log"));
  const bool is_stored = test::wait_until(
      [&] {
        if (!read(file("log")).contains("ready: ")) return false;
        if (ready_ms_ == 0) ready_ms_ = since(begin);
        static_cast<void>(cost_of(command({"status", "--json"}), file("status")));
        return read(file("status")).contains("\"pending_events\":0");
      },
      kPatience);
  stored_ms_ = since(begin);
  if (is_stored) return;
  fmt::print(stderr, "portwatchd is not ready; its log:\n{}\n", read(file("log")));
  std::exit(1);
}

WatchedDaemon::~WatchedDaemon() {
  if (pid_ > 0) stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> WatchedDaemon::command(std::vector<std::string> words) const {
  words.insert(words.begin(), programs_.portwatchctl);
  words.insert(words.end(), {"--socket", file("socket")});
  return words;
}

Usage WatchedDaemon::usage() const {
  Usage usage;
  std::error_code ignored;
  for (const auto& thread : fs::directory_iterator(fmt::format("/proc/{}/task", pid_), ignored)) {
    usage.cpu_ms +=
        static_cast<double>(std::strtoll(read(thread.path() / "schedstat").c_str(), nullptr, 10)) / 1e6;
    usage.wake_ups += number_behind(read(thread.path() / "status"), "\nvoluntary_ctxt_switches");
  }
  return usage;
}

Memory WatchedDaemon::memory() const {
  const std::string text = read(fmt::format("/proc/{}/smaps_rollup", pid_));
  return {.private_kib = number_behind(text, "Private_Clean") + number_behind(text, "Private_Dirty"),
          .pss_kib = number_behind(text, "\nPss")};
}

double WatchedDaemon::stop() {
  const auto begin = Clock::now();
  ::kill(pid_, SIGTERM);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  return since(begin);
}

}  // namespace portwatch::bench
