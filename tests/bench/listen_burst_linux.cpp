// SPDX-License-Identifier: Apache-2.0
// Listeners that live as short as can be: `listen_burst COUNT PROCESSES` forks, and each child opens its
// share of TCP listeners on loopback, closes each at once, and exits. Prints how many seconds it took.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

bool open_and_close() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 1) == 0;
  ::close(fd);
  return listens;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 0;
  const int processes = argc > 2 ? std::atoi(argv[2]) : 0;
  if (count <= 0 || processes <= 0) {
    std::fputs("usage: listen_burst COUNT PROCESSES\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  for (int child = 0; child < processes; ++child) {
    if (::fork() != 0) continue;
    int failed = 0;
    for (int i = 0; i < count / processes; ++i) failed += open_and_close() ? 0 : 1;
    ::_exit(failed == 0 ? 0 : 1);
  }
  int status = 0, failed = 0;
  while (::wait(&status) > 0) failed += status == 0 ? 0 : 1;
  std::printf("%.3f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return failed == 0 ? 0 : 1;
}
