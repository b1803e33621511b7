// SPDX-License-Identifier: Apache-2.0
// write(2) until all is written. SIGPIPE has to be ignored by main(), so that a reader that went away shows
// as EPIPE.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cli/output.h"

namespace portwatch::cli {

void DescriptorOutput::print(std::string_view text) {
  while (problem_ == 0 && !text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{.fd = fd_, .events = POLLOUT, .revents = 0};
      if (::poll(&waiting, 1, -1) < 0 && errno != EINTR) problem_ = errno;
    } else if (errno != EINTR) {
      problem_ = errno;
    }
  }
}

Output::State DescriptorOutput::state() {
  // poll(2): POLLERR is set for the write end of a pipe when the read end has been closed.
  pollfd pipe{.fd = fd_, .events = 0, .revents = 0};
  if (problem_ == 0 && ::poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR) != 0) problem_ = EPIPE;
  if (problem_ == 0) return State::kGood;
  return problem_ == EPIPE ? State::kReaderGone : State::kFailed;
}

std::string DescriptorOutput::problem() const {
  return problem_ == 0 ? std::string() : std::system_category().message(problem_);
}

}  // namespace portwatch::cli
