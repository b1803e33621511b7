// SPDX-License-Identifier: Apache-2.0
// The mob is made by fork(2) from a test without threads; it dies with its parent (prctl(2)).
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "tests/support/client_mob.h"

namespace portwatch::test {
namespace {

constexpr uid_t kNobody = 65534;

/// Waits for nothing: where the daemon's queue is full, the next round tries again.
int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

class Bully {
 public:
  explicit Bully(const MobBehaviour& behaviour) : behaviour_(&behaviour) {}

  /// What to wait for; connects when it is not connected.
  pollfd poll_for(const std::string& path) {
    if (fd_ < 0) *this = Bully(*behaviour_, connect_to(path));
    const bool has_more = !is_greeted() || (!behaviour_->repeated.empty() && !is_waiting_);
    return {.fd = fd_,
            .events = static_cast<short>((behaviour_->reads ? POLLIN : 0) | (has_more ? POLLOUT : 0)),
            .revents = 0};
  }

  void act(int ready, std::vector<char>& buffer) {
    if (fd_ < 0) return;
    if ((ready & POLLIN) != 0) read(buffer);
    if (fd_ >= 0 && (ready & POLLOUT) != 0) write();
    if (fd_ >= 0 && ((ready & (POLLERR | POLLHUP)) != 0 || (behaviour_->hangs_up && is_greeted()))) hang_up();
  }

 private:
  Bully(const MobBehaviour& behaviour, int fd) : behaviour_(&behaviour), fd_(fd) {}

  [[nodiscard]] bool is_greeted() const { return greeted_ == behaviour_->greeting.size(); }
  void hang_up() { ::close(std::exchange(fd_, -1)); }

  void read(std::vector<char>& buffer) {
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return hang_up();
    if (count > 0 && buffer[static_cast<std::size_t>(count) - 1] == '\n') is_waiting_ = false;
  }

  void write() {
    const bool was_greeted = is_greeted();
    std::size_t& done = was_greeted ? sent_ : greeted_;
    const std::string& text = was_greeted ? behaviour_->repeated : behaviour_->greeting;
    if (done == text.size()) return;
    const ssize_t count = ::send(fd_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return hang_up();
    done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    is_waiting_ = behaviour_->is_one_at_a_time;
    if (was_greeted && done == text.size()) done = 0;
  }

  const MobBehaviour* behaviour_;
  int fd_ = -1;
  std::size_t greeted_ = 0;
  std::size_t sent_ = 0;
  bool is_waiting_ = false;
};

[[noreturn]] void behave(const std::string& path, const MobBehaviour& behaviour) {
  std::vector<Bully> bullies(behaviour.connections, Bully(behaviour));
  std::vector<pollfd> polled(bullies.size());
  std::vector<char> buffer(1U << 18U);
  for (;;) {
    for (std::size_t i = 0; i < bullies.size(); ++i) polled[i] = bullies[i].poll_for(path);
    ::poll(polled.data(), polled.size(), 50);
    for (std::size_t i = 0; i < bullies.size(); ++i) bullies[i].act(polled[i].revents, buffer);
  }
}

void allow_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::string repeated_line(std::string_view line, std::size_t bytes) {
  std::string text;
  while (text.size() + line.size() <= bytes) text += line;
  return text;
}

ClientMob::ClientMob(std::string socket, MobBehaviour behaviour) : pid_(::fork()) {
  PW_ASSERT(pid_ >= 0);
  if (pid_ != 0) return;
  allow_descriptors();
  if (::getuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0))
    std::_Exit(1);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user takes it back
  behave(socket, behaviour);
}

ClientMob::~ClientMob() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace portwatch::test
