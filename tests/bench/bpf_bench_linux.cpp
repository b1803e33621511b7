// SPDX-License-Identifier: Apache-2.0
// What the kernel's programs cost those who are watched, and what they lose:
//
//   bpf_bench [ROUNDS [LISTENERS]]
//
// Costs: the same work without programs and with them, in turns, in a network namespace of its own; the
// median of CPU time of the working thread, and its ratio to that without. Loss: LISTENERS sockets, each
// closed at once, by four processes.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/bpf/event_programs.h"
#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "daemon/sensor/linux/clock.h"
#include "tests/bench/event_reader_linux.h"
#include "tests/bench/listening_processes.h"
#include "tests/bench/measuring.h"
#include "tests/support/own_network.h"

namespace portwatch::bench {
namespace {

using sensor::bpf::EventPrograms;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int listening_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(0);
  PW_ASSERT(fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  PW_ASSERT(::listen(fd, 128) == 0);
  return fd;
}

void open_and_close(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ::close(listening_socket());
}

void connect_and_accept(std::size_t count) {
  const platform::Descriptor server{listening_socket()};
  sockaddr_in address{};
  socklen_t length = sizeof address;
  PW_ASSERT(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const linger abort{.l_onoff = 1, .l_linger = 0};  // leaves no TIME_WAIT behind
  for (std::size_t i = 0; i < count; ++i) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PW_ASSERT(::setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof abort) == 0);
    PW_ASSERT(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const int accepted = ::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC);
    PW_ASSERT(accepted >= 0);
    ::close(client);
    ::close(accepted);
  }
}

void bind_udp(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(0);
    PW_ASSERT(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(fd);
  }
}

void ask_for_parent(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ::syscall(SYS_getppid);
}

void fork_and_exit(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
  }
}

struct Work {
  std::string name;
  std::size_t count;
  std::function<void(std::size_t)> run;
  bool opens_sockets = true;
};

const std::vector<Work>& works() {
  static const std::vector<Work> all{{"getppid", 300'000, ask_for_parent, false},
                                     {"fork/exit of others", 300, fork_and_exit, false},
                                     {"connect/accept/close", 3'000, connect_and_accept},
                                     {"socket/bind/listen/close", 6'000, open_and_close},
                                     {"socket/bind/close, UDP", 6'000, bind_udp},
                                     {"fork/exit of a holder", 300, fork_and_exit}};
  return all;
}

constexpr int kSettleMs = 200;

struct Variant {
  std::string name;
  std::optional<EventPrograms::Options> options;  ///< unset: no programs
};

/// CPU time of this thread for one turn, in nanoseconds.
double turn_of(const Work& work) {
  const auto cpu = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  work.run(work.count / 20);  // warm
  const double before = cpu();
  work.run(work.count);
  return (cpu() - before) / static_cast<double>(work.count);
}

/// A process that works when it is told to, and has nothing to do with the programs. It begins before there
/// are any.
class Worker {
 public:
  Worker() {
    PW_ASSERT(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_) == 0);
    const pid_t child = ::fork();
    PW_ASSERT(child >= 0);
    if (child != 0) {
      ::close(ends_[1]);
      return;
    }
    ::close(ends_[0]);
    std::size_t index = 0;
    while (::read(ends_[1], &index, sizeof index) == sizeof index) {
      const double cost = turn_of(works()[index]);
      PW_ASSERT(::write(ends_[1], &cost, sizeof cost) == sizeof cost);
    }
    ::_exit(0);
  }
  ~Worker() {
    ::close(ends_[0]);
    ::wait(nullptr);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  double measure(std::size_t index) {
    double cost = 0;
    PW_ASSERT(::write(ends_[0], &index, sizeof index) == sizeof index);
    PW_ASSERT(::read(ends_[0], &cost, sizeof cost) == sizeof cost);
    return cost;
  }

 private:
  int ends_[2]{-1, -1};
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

EventPrograms load(const EventPrograms::Options& options) {
  auto programs = EventPrograms::load(sensor::bpf::read_conditions("/proc", "/sys"), options);
  if (!programs) {
    fmt::print(stderr, "{}\n", programs.error().message);
    std::exit(1);
  }
  return std::move(*programs);
}

void measure_costs(std::size_t rounds) {
  const std::vector<Variant> variants{
      {"without", std::nullopt},
      {"listening alone", EventPrograms::Options{.sees_binds = false, .sees_holders = false}},
      {"all", EventPrograms::Options{}}};
  using Values = std::vector<double>;
  std::vector<std::vector<Values>> costs(works().size(), std::vector<Values>(variants.size()));
  auto ratios = costs;
  for (std::size_t round = 0; round < rounds; ++round) {
    Worker opener;
    Worker bystander;
    for (std::size_t turn = 0; turn < variants.size(); ++turn) {
      const std::size_t v = (turn + round) % variants.size();
      // Loading and unloading leave work behind them, so that is done before each turn alike.
      std::optional<EventPrograms> programs = load(variants[v].options.value_or(EventPrograms::Options{}));
      std::unique_ptr<EventReader> reader;
      if (variants[v].options)
        reader = std::make_unique<EventReader>(*programs);
      else
        programs.reset();
      ::poll(nullptr, 0, kSettleMs);
      for (std::size_t w = 0; w < works().size(); ++w)
        costs[w][v].push_back((works()[w].opens_sockets ? opener : bystander).measure(w));
      reader.reset();
    }
    for (std::size_t w = 0; w < works().size(); ++w)
      for (std::size_t v = 0; v < variants.size(); ++v)
        ratios[w][v].push_back(costs[w][v].back() / costs[w][0].back());
  }
  fmt::print("\n| nanoseconds of CPU each (ratio) |");
  for (const auto& variant : variants) fmt::print(" {} |", variant.name);
  fmt::print("\n|---|");
  for (std::size_t v = 0; v < variants.size(); ++v) fmt::print("---|");
  for (std::size_t w = 0; w < works().size(); ++w) {
    fmt::print("\n| {} |", works()[w].name);
    for (std::size_t v = 0; v < variants.size(); ++v)
      fmt::print(" {:.0f} ({:.3f}) |", median(costs[w][v]), median(ratios[w][v]));
  }
  fmt::print("\n");
}

void measure_loss(std::size_t listeners) {
  constexpr std::size_t kProcesses = 4;
  EventPrograms programs = load({});
  const auto begin = std::chrono::steady_clock::now();
  EventReader reader(programs);
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    PW_ASSERT(child >= 0);
    if (child == 0) {
      open_and_close(listeners / kProcesses);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  reader.finish();
  const auto& told = reader.told();
  const auto losses = programs.losses();
  fmt::print(
      "\n{} listeners by {} processes in {:.2f} s: {} opened and {} ended were told, {} records lost, {} "
      "opened by a process "
      "that was not told\nreader: {} records, {} wake-ups, {:.2f} µs of CPU for each; programs skipped by "
      "the kernel: {}\n",
      listeners, kProcesses, took.count(), told.opened.load(), told.ended.load(), losses.records,
      told.without_process.load(), told.records.load(), told.wakeups.load(),
      told.cpu_ms.load() * 1e3 / static_cast<double>(std::max<std::uint64_t>(1, told.records)),
      losses.skipped);
}

/// From a record's time to its reader, who waits each time: what a wake-up takes here and now.
void measure_latency(std::size_t count) {
  EventPrograms programs = load({});
  sensor::bpf::Ring& ring = programs.ring();
  const pid_t child = ::fork();
  PW_ASSERT(child >= 0);
  if (child == 0) {
    for (std::size_t i = 0; i < count; ++i) {
      ::poll(nullptr, 0, 3);
      open_and_close(1);
    }
    ::_exit(0);
  }
  std::vector<double> micros;
  const auto take = [&](sensor::bpf::Bytes record) {
    const auto event = sensor::bpf::decode_event(record);
    const auto* const opened = event ? std::get_if<sensor::bpf::Opened>(&*event) : nullptr;
    if (opened == nullptr || opened->happening.image.key.pid.value != child) return;
    micros.push_back(static_cast<double>((sensor::read_clocks().boot - opened->happening.at).count()));
  };
  while (::waitpid(child, nullptr, WNOHANG) == 0) {
    if (ring.drain(take) > 0 || !ring.may_wait()) continue;
    pollfd readable{.fd = ring.fd(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, 20);
  }
  ring.drain(take);
  std::ranges::sort(micros);
  if (micros.empty()) return;
  const auto at = [&](double share) {
    return micros[static_cast<std::size_t>(share * double(micros.size() - 1))];
  };
  fmt::print(
      "\nfrom the event to a reader that waits, {} times: p50 {:.0f} µs, p90 {:.0f} µs, p99 {:.0f} µs, max "
      "{:.0f} µs\n",
      micros.size(), at(0.5), at(0.9), at(0.99), micros.back());
}

void measure_picture(std::size_t rounds) {
  constexpr int kListeners = 10'000;
  constexpr int kProcesses = 2'000;
  constexpr int kOtherFiles = 54;
  std::vector<platform::Descriptor> inherited;
  for (int i = 0; i < kOtherFiles; ++i) inherited.emplace_back(::open("/dev/null", O_RDONLY));
  const ListeningProcesses listening(kListeners, kProcesses);
  inherited.clear();
  auto iterator = sensor::bpf::SocketIterator::load(sensor::bpf::read_conditions("/proc", "/sys"));
  if (!iterator) {
    fmt::print(stderr, "{}\n", iterator.error().message);
    std::exit(1);
  }
  Series ss("`ss -ltunp`");
  Series picture("iterator, with decoding");
  std::size_t rows = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    ss.add(cost_of(std::vector<std::string>{"ss", "-H", "-ltunp"}));
    picture.add(cost_of([&] { rows = iterator->look().value().size(); }));
  }
  fmt::print("\n{} rows\n", rows);
  print_table({&ss, &picture});
}

}  // namespace
}  // namespace portwatch::bench

int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 25;
  const std::size_t listeners = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  portwatch::test::enter_own_network();
  portwatch::bench::measure_loss(listeners);
  portwatch::bench::measure_latency(1'000);
  portwatch::bench::measure_picture(std::min<std::size_t>(rounds, 10));
  portwatch::bench::measure_costs(rounds);
}
