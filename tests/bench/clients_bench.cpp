// SPDX-License-Identifier: Apache-2.0
// What hostile clients cost the others: clients_bench [PORTWATCHD [LISTENERS [SECONDS]]].
//
// It starts portwatchd with a folder of its own, listens on so many ports, and lets a polite client ask for
// `status`, one question after another: first alone, then beside each attack, which comes from a process of
// another user where we may make one. Beside attacks on the store it asks for stored events instead. Printed
// are the median and the slowest hundredth of its waits, their ratios to those without an attack, and the
// daemon's private memory (Pss) at its most. Use it in a network of its own: unshare -n sh -c 'ip link set lo
// up; clients_bench'.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>

#include "tests/support/client_mob.h"

namespace {

namespace test = portwatch::test;

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kPatienceSeconds = 5;
constexpr std::string_view kHello =
    R"({"jsonrpc":"2.0","id":0,"method":"hello","params":{"client":"bench","protocols":[1]}})"
    "\n";
constexpr std::string_view kStatus = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";
constexpr std::string_view kEvents = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n";

/// A child that runs `work` until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    std::_Exit(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// Between two questions, and before the first.
void pause(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, static_cast<char*>(address.sun_path));
  // It waits for its turn while many others connect.
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

/// One question at a time.
class Polite {
 public:
  explicit Polite(std::string path) : path_(std::move(path)) {}
  ~Polite() { ::close(fd_); }

  bool greet() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = connect_to(path_);
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd_ >= 0 && ask(kHello);
  }
  /// Of the daemon's cursors, as it said in its status.
  std::string epoch() {
    constexpr std::string_view kField = "\"epoch\":\"";
    if (!ask(kStatus)) return {};
    const std::size_t at = last_.find(kField);
    return at == std::string::npos ? std::string() : last_.substr(at + kField.size(), 16);
  }
  bool ask(std::string_view line) {
    last_.clear();
    if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
      return false;
    std::array<char, 1U << 16U> buffer;
    for (;;) {
      const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (count <= 0) return false;
      last_.append(buffer.data(), static_cast<std::size_t>(count));
      if (buffer[static_cast<std::size_t>(count) - 1] == '\n') return true;
    }
  }

 private:
  std::string path_;
  std::string last_;  ///< what was answered
  int fd_ = -1;
};

struct Attack {
  std::string_view name;
  test::MobBehaviour behaviour;
  std::string_view question = kStatus;  ///< of the polite client
};

/// In KiB.
long private_memory(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; file >> word;)
    if (word == "Pss:" && file >> word) return std::atol(word.c_str());
  return 0;
}

struct Waits {
  double median = 0;
  double slow = 0;  ///< of a hundred one is slower
  long memory = 0;
  std::size_t count = 0;
};

std::optional<Waits> measure(Polite& polite, std::string_view question, pid_t daemon,
                             std::chrono::milliseconds time) {
  std::vector<double> waits;
  Waits result;
  auto next_look = Clock::now();
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
    const auto begin = Clock::now();
    if (!polite.ask(question)) return std::nullopt;
    waits.push_back(Milliseconds(Clock::now() - begin).count());
    if (Clock::now() > next_look) {
      result.memory = std::max(result.memory, private_memory(daemon));
      next_look = Clock::now() + std::chrono::milliseconds{100};
    }
    pause(1);
  }
  std::ranges::sort(waits);
  result.count = waits.size();
  result.median = waits[waits.size() / 2];
  result.slow = waits[waits.size() * 99 / 100];
  return result;
}

std::vector<Attack> attacks(const std::string& epoch) {
  const std::string hello(kHello);
  const std::string list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"listeners.list\"}\n";
  const std::string history =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\",\"params\":{\"program\":\"none of "
      "these\",\"newest_first\":true}}\n";
  const std::string page = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.list\"}\n";
  const std::string storm =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,"
      "\"method\":\"events.unsubscribe\"}\n";
  const std::string resumed =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\",\"params\":{\"after\":\"" + epoch +
      ".0\"}}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"events.unsubscribe\"}\n";
  constexpr std::size_t kBurst = 1U << 16U;
  const auto burst = [](std::string_view line) { return test::repeated_line(line, kBurst); };
  return {
      {"nothing", {}},
      {"2000 silent connections", {.connections = 2000}},
      {"connect and go", {.connections = 8, .greeting = hello, .hangs_up = true}},
      {"lines of 1 MB",
       {.connections = 8, .greeting = hello, .repeated = std::string(1U << 20U, 'x') + "\n"}},
      {"a line without end", {.connections = 60, .greeting = hello, .repeated = std::string(kBurst, 'x')}},
      {"nonsense", {.connections = 8, .greeting = hello, .repeated = burst("x\n")}},
      {"nonsense, never reading",
       {.connections = 60, .greeting = hello, .repeated = burst("x\n"), .reads = false}},
      {"status without pause", {.connections = 8, .greeting = hello, .repeated = burst(kStatus)}},
      {"status, never reading",
       {.connections = 60, .greeting = hello, .repeated = burst(kStatus), .reads = false}},
      {"status, 60 in turn",
       {.connections = 60, .greeting = hello, .repeated = std::string(kStatus), .is_one_at_a_time = true}},
      {"list without pause", {.connections = 8, .greeting = hello, .repeated = burst(list)}},
      {"list, 60 in turn",
       {.connections = 60, .greeting = hello, .repeated = list, .is_one_at_a_time = true}},
      {"history without pause", {.connections = 60, .greeting = hello, .repeated = burst(page)}},
      {"history that finds nothing", {.connections = 60, .greeting = hello, .repeated = burst(history)}},
      {"subscribe, unsubscribe", {.connections = 60, .greeting = hello, .repeated = burst(storm)}},
      {"connect and go, 64", {.connections = 64, .hangs_up = true}},
      {"events beside nothing", {}, kEvents},
      {"resume, unsubscribe", {.connections = 2, .greeting = hello, .repeated = burst(resumed)}, kEvents},
      {"history, 60 connections", {.connections = 60, .greeting = hello, .repeated = burst(page)}, kEvents},
  };
}

/// Ports that portwatchd has something to tell of.
void listen_on(int count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = 0; i < count; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1) != 0)
      std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string program = argc > 1 ? argv[1] : "build/strict/bin/portwatchd";
  const int listeners = argc > 2 ? std::atoi(argv[2]) : 1000;
  const std::chrono::seconds time{argc > 3 ? std::atoi(argv[3]) : 3};
  const std::string_view only = argc > 4 ? argv[4] : "";
  std::signal(SIGPIPE, SIG_IGN);
  listen_on(listeners);

  std::array<char, 64> name{"/tmp/portwatch-bench-XXXXXX"};
  const std::filesystem::path folder = ::mkdtemp(name.data());
  ::chmod(folder.c_str(), 0755);
  const std::string socket = folder / "s";
  std::ofstream(folder / "c") << "[server]\naudience = \"everybody\"\n[policy]\nlearning = \"0s\"\n";
  {
    const Child daemon([&] {
      if (std::freopen((folder / "log").c_str(), "w", stderr) == nullptr) return;
      ::execl(program.c_str(), program.c_str(), "--config", (folder / "c").c_str(), "--state-dir",
              (folder / "state").c_str(), "--socket", socket.c_str(), nullptr);
    });
    Polite polite(socket);
    for (int tries = 0; !polite.greet(); ++tries) {
      if (tries == 200) return std::puts("portwatchd does not answer"), 1;
      pause(100);
    }
    pause(3000);                              // the first look, and what follows it
    std::map<std::string_view, Waits> alone;  // by question
    std::printf("%-28s %10s %10s %8s %8s %10s\n", "beside", "median ms", "slow ms", "median x", "slow x",
                "Pss MiB");
    for (const Attack& each : attacks(polite.epoch())) {
      const bool is_first = !alone.contains(each.question);
      if (!is_first && !only.empty() && each.name != only) continue;
      std::optional<test::ClientMob> mob;
      if (!is_first) mob.emplace(socket, each.behaviour);
      pause(500);
      const auto waits = measure(polite, each.question, daemon.pid(), time);
      if (!waits) {
        std::printf("%-28s no answer within %d s\n", std::string(each.name).c_str(), kPatienceSeconds);
        std::fflush(stdout);
        mob.reset();
        while (!polite.greet()) pause(100);
        continue;
      }
      const Waits& usual = alone.try_emplace(each.question, *waits).first->second;
      std::printf("%-28s %10.3f %10.3f %8.1f %8.1f %10.1f\n", std::string(each.name).c_str(), waits->median,
                  waits->slow, waits->median / usual.median, waits->slow / usual.slow,
                  static_cast<double>(waits->memory) / 1024);
      std::fflush(stdout);
    }
  }
  std::filesystem::remove_all(folder);
  return 0;
}
