// SPDX-License-Identifier: Apache-2.0
// What a scan costs, beside `ss -ltunp` in the same run: sensor_bench [LISTENERS [PROCESSES [ROUNDS]]].
//
// It starts processes that listen on 127.0.0.1, and then takes turns, so that what else the machine does hits
// all alike: `ss -ltunp`, a full scan (a new sensor's first), a steady scan (of a sensor that has looked
// before). Printed are medians of wall time and of CPU time, and ratios to `ss`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>

#include "daemon/sensor/linux/make_sensor.h"

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// A process that listens on `count` ports until it is killed.
class ListeningProcess {
 public:
  explicit ListeningProcess(int count) {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) listen_for_ever(count, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) std::abort();
    ::close(ready[0]);
  }
  ListeningProcess(ListeningProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ListeningProcess& operator=(ListeningProcess&&) = delete;
  ~ListeningProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  [[noreturn]] static void listen_for_ever(int count, int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(count) + 64);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < count; ++i) {
      const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
          ::listen(listener, 1) != 0)
        std::_Exit(1);
    }
    if (::write(ready, "x", 1) != 1) std::_Exit(1);
    for (;;) ::pause();
  }

  pid_t pid_ = -1;
};

Milliseconds cpu_used(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto of = [](const timeval& time) {
    return Milliseconds(std::chrono::seconds(time.tv_sec)) +
           Milliseconds(std::chrono::microseconds(time.tv_usec));
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Series {
  std::vector<double> wall;
  std::vector<double> cpu;

  void measure(int who, const std::function<void()>& work) {
    const Milliseconds cpu_before = cpu_used(who);
    const auto before = std::chrono::steady_clock::now();
    work();
    wall.push_back(Milliseconds(std::chrono::steady_clock::now() - before).count());
    cpu.push_back((cpu_used(who) - cpu_before).count());
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run_ss() {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::array<char*, 4> argv{const_cast<char*>("ss"), const_cast<char*>("-H"), const_cast<char*>("-ltunp"),
                            nullptr};
  pid_t pid = -1;
  if (::posix_spawnp(&pid, "ss", &actions, nullptr, argv.data(), environ) != 0) {
    fmt::print(stderr, "cannot run ss: install iproute2\n");
    std::exit(1);
  }
  ::waitpid(pid, nullptr, 0);
  ::posix_spawn_file_actions_destroy(&actions);
}

std::size_t scan(portwatch::interface::Sensor& sensor) {
  const auto snapshot = sensor.scan();
  if (snapshot) return snapshot->sightings.size();
  fmt::print(stderr, "scan failed: {}\n", snapshot.error().message);
  std::exit(1);
}

std::unique_ptr<portwatch::interface::Sensor> new_sensor() {
  auto sensor = portwatch::sensor::make_sensor({});
  if (sensor) return *std::move(sensor);
  fmt::print(stderr, "no sensor: {}\n", sensor.error().message);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const int listeners = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int processes = argc > 2 ? std::atoi(argv[2]) : 10;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 20;
  if (listeners < 1 || processes < 1 || rounds < 1) {
    fmt::print(stderr, "usage: sensor_bench [LISTENERS [PROCESSES [ROUNDS]]]\n");
    return 2;
  }
  std::vector<ListeningProcess> children;
  for (int i = 0; i < processes; ++i) children.emplace_back(listeners / processes);

  const auto steady_sensor = new_sensor();
  std::size_t seen = scan(*steady_sensor);
  Series ss, full, steady;
  for (int round = 0; round < rounds; ++round) {
    ss.measure(RUSAGE_CHILDREN, run_ss);
    const auto fresh = new_sensor();
    full.measure(RUSAGE_SELF, [&] { seen = scan(*fresh); });
    steady.measure(RUSAGE_SELF, [&] { seen = scan(*steady_sensor); });
  }

  fmt::print("{} sockets, {} processes with listeners, median of {}\n\n", seen, processes, rounds);
  fmt::print("{:<14}{:>12}{:>12}{:>14}{:>14}\n", "", "wall ms", "CPU ms", "wall to ss", "CPU to ss");
  const auto row = [&](const char* name, const Series& series) {
    fmt::print("{:<14}{:>12.2f}{:>12.2f}{:>14.3f}{:>14.3f}\n", name, median(series.wall), median(series.cpu),
               median(series.wall) / median(ss.wall), median(series.cpu) / median(ss.cpu));
  };
  row("ss -ltunp", ss);
  row("full scan", full);
  row("steady scan", steady);
  return 0;
}
