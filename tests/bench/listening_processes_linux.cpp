// SPDX-License-Identifier: Apache-2.0
// One address has some 28,000 ports that the kernel gives by itself, so every few thousand listeners stand on
// another one of the loopback's 16 million.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/listening_processes.h"

namespace portwatch::bench {
namespace {

constexpr int kPortsOfAnAddress = 10'000;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

void listen_on_any_port(std::uint32_t address) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(address);
  if (listener < 0 || ::bind(listener, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
      ::listen(listener, 1) != 0)
    give_up("cannot listen");
}

[[noreturn]] void listen_for_ever(int first, int count, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlim_t wanted = static_cast<rlim_t>(count) + 64;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max = std::max(limit.rlim_max, wanted);  // root may raise it
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, wanted));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = first; i < first + count; ++i)
    listen_on_any_port(INADDR_LOOPBACK + static_cast<std::uint32_t>(i / kPortsOfAnAddress));
  if (::write(ready, "x", 1) != 1) give_up("cannot say that it listens");
  for (;;) ::pause();
}

}  // namespace

ListeningProcesses::ListeningProcesses(int listeners, int processes) {
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) give_up("cannot make a pipe");
  int first = 0;
  for (int i = 0; i < processes; ++i) {
    const int end = static_cast<int>(std::int64_t{listeners} * (i + 1) / processes);
    const int count = std::max(end - first, 1);
    const pid_t pid = ::fork();
    if (pid < 0) give_up("cannot fork");
    if (pid == 0) listen_for_ever(first, count, ready[1]);
    pids_.push_back(pid);
    first = end;
  }
  ::close(ready[1]);
  char byte = 0;
  for (int i = 0; i < processes; ++i)
    if (::read(ready[0], &byte, 1) != 1) give_up("a process that should listen ended");
  ::close(ready[0]);
}

ListeningProcesses::~ListeningProcesses() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
}

}  // namespace portwatch::bench
