// SPDX-License-Identifier: Apache-2.0
// fork(2) and exec(3) with pipes. Between them the child only calls what is safe after a fork of a process
// with threads.

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "common/base/assert.h"
#include "tests/support/child_process.h"

namespace portwatch::test {
namespace {

struct Pipe {
  platform::Descriptor read_end, write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  PW_ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  return {platform::Descriptor{ends[0]}, platform::Descriptor{ends[1]}};
}

std::vector<char*> pointers_of(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const ChildOptions& options) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool is_replaced = false;
    for (const auto& [name, value] : options.environment) is_replaced |= text.starts_with(name + "=");
    if (!is_replaced) environment.push_back(text);
  }
  for (const auto& [name, value] : options.environment)
    if (!value.empty()) environment.push_back(name + "=" + value);
  return environment;
}

void drain(const platform::Descriptor& from, std::string& text) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t length = read(from.get(), buffer.data(), buffer.size());
    if (length > 0)
      text.append(buffer.data(), static_cast<std::size_t>(length));
    else if (length == 0 || errno != EINTR)
      return;
  }
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> argv, const ChildOptions& options) {
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  std::vector<std::string> environment = environment_with(options);
  const auto arguments = pointers_of(argv);
  const auto variables = pointers_of(environment);
  const pid_t parent = getpid();
  pid_ = fork();
  PW_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    dup2(in.read_end.get(), STDIN_FILENO);
    dup2(out.write_end.get(), STDOUT_FILENO);
    dup2(err.write_end.get(), STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (options.uid) {
      const auto id = static_cast<uid_t>(*options.uid);
      if (setgroups(0, nullptr) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0) _exit(126);
    }
    if (options.descriptors) {
      const rlimit limit{.rlim_cur = *options.descriptors, .rlim_max = *options.descriptors};
      if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(126);
    }
    if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
    // A change of user forgets it, so it comes last.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    execvpe(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  for (const auto* end : {&out.read_end, &err.read_end})
    PW_ASSERT(fcntl(end->get(), F_SETFL, O_NONBLOCK) == 0);
  in_ = std::move(in.write_end);
  out_ = std::move(out.read_end);
  err_ = std::move(err.read_end);
}

ChildProcess::~ChildProcess() {
  if (exit_code_) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ChildProcess::signal(int number) const {
  if (!exit_code_) kill(pid_, number);
}

void ChildProcess::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t length = ::write(in_.get(), text.data(), text.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(length));
  }
}

const std::string& ChildProcess::out() {
  drain(out_, out_text_);
  return out_text_;
}

const std::string& ChildProcess::err() {
  drain(err_, err_text_);
  return err_text_;
}

bool ChildProcess::is_running() {
  // A child that fills a pipe waits for us, so every look empties them.
  drain(out_, out_text_);
  drain(err_, err_text_);
  if (exit_code_) return false;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  drain(out_, out_text_);
  drain(err_, err_text_);
  return false;
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (!wait_until([this] { return !is_running(); }, patience)) return std::nullopt;
  return exit_code_;
}

Outcome run_child(std::vector<std::string> argv, const ChildOptions& options) {
  ChildProcess child(std::move(argv), options);
  child.close_stdin();
  if (!child.wait(kPatienceWithPrograms)) {
    child.signal(SIGKILL);
    (void)child.wait();
  }
  return {child.wait().value_or(-1), child.out(), child.err()};
}

}  // namespace portwatch::test
