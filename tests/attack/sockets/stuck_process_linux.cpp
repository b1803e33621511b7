// SPDX-License-Identifier: Apache-2.0
// The filesystem is mounted in a mount namespace of its own. What runs behind fork(2) makes system calls
// only.
#include "tests/attack/sockets/stuck_process.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/assert.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {
namespace {

constexpr std::uint64_t kFile = 2;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kStack = 65536;

void check(bool is_fine) {
  if (!is_fine) std::_Exit(1);
}

fuse_attr attributes_of(std::uint64_t node) {
  fuse_attr attributes{};
  attributes.ino = node;
  attributes.size = 16 * kPage;
  attributes.nlink = 1;
  attributes.blksize = kPage;
  attributes.mode = node == kFile ? S_IFREG | 0644 : S_IFDIR | 0755;
  return attributes;
}

/// Answers until it is killed, but for the second reading of the file: that never has an answer. The first
/// fails, so that the kernel tries once more and keeps the lock then.
[[noreturn]] void serve(int device, int hangs) {
  alignas(8) static std::array<char, 1U << 17U> request;
  int reads = 0;
  for (;;) {
    if (::read(device, request.data(), request.size()) < 0) {
      check(errno == EINTR || errno == ENOENT);
      continue;
    }
    fuse_in_header asked{};
    std::memcpy(&asked, request.data(), sizeof asked);
    struct {
      fuse_out_header head;
      std::array<char, 256> body;
    } answer{};
    answer.head = {.len = sizeof(fuse_out_header), .error = 0, .unique = asked.unique};
    const auto give = [&answer](const auto& body) {
      std::memcpy(answer.body.data(), &body, sizeof body);
      answer.head.len += sizeof body;
    };
    switch (asked.opcode) {
      case FUSE_INIT: {
        fuse_init_out init{};
        init.major = 7;
        init.minor = 31;
        init.max_write = kPage;
        give(init);
        break;
      }
      case FUSE_LOOKUP: {
        fuse_entry_out entry{};
        entry.nodeid = kFile;
        entry.attr_valid = entry.entry_valid = 3600;
        entry.attr = attributes_of(kFile);
        give(entry);
        break;
      }
      case FUSE_GETATTR: {
        fuse_attr_out attributes{};
        attributes.attr_valid = 3600;
        attributes.attr = attributes_of(asked.nodeid);
        give(attributes);
        break;
      }
      case FUSE_OPEN: give(fuse_open_out{}); break;
      case FUSE_READ:
        if (++reads > 1) {
          check(::write(hangs, "x", 1) == 1);
          continue;
        }
        answer.head.error = -EIO;
        break;
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
      case FUSE_INTERRUPT: continue;
      default: answer.head.error = -ENOSYS;
    }
    check(::write(device, &answer, answer.head.len) == static_cast<ssize_t>(answer.head.len));
  }
}

/// What the threads of the process share. They have no memory of their own, so they only make system calls.
struct Shared {
  volatile const char* page = nullptr;
  int hangs = -1;  ///< becomes readable when the reading of the page hangs
  std::atomic<int> writer = 0;
};

int read_page(void* argument) {
  return *static_cast<Shared*>(argument)->page;
}

int change_map(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  char byte = 0;
  if (::read(shared.hangs, &byte, 1) != 1) return 1;
  shared.writer = static_cast<int>(::syscall(SYS_gettid));
  ::syscall(SYS_mmap, nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return 0;
}

/// Whether a thread of ours waits in the kernel and cannot be interrupted.
bool hangs(int thread) {
  std::array<char, 64> path{};
  std::array<char, 256> text{};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", thread);
  const int file = ::open(path.data(), O_RDONLY);
  if (file < 0) return false;
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  const char* const state = size > 0 ? std::strrchr(text.data(), ')') : nullptr;
  return state != nullptr && state[2] == 'D';
}

void start_thread(int (*work)(void*), Shared& shared) {
  char* const stack = static_cast<char*>(
      ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
  check(stack != MAP_FAILED);
  check(::clone(work, stack + kStack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
                &shared) > 0);
}

[[noreturn]] void be_stuck(const std::string& file, int hangs_end, std::uint16_t port, int ready) {
  static Shared shared;
  check(::setresgid(StuckProcess::kUser, StuckProcess::kUser, StuckProcess::kUser) == 0);
  check(::setresuid(StuckProcess::kUser, StuckProcess::kUser, StuckProcess::kUser) == 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  check(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const int page = ::open(file.c_str(), O_RDONLY);
  void* const mapped = ::mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, page, 0);
  check(mapped != MAP_FAILED);
  shared.page = static_cast<const char*>(mapped);
  shared.hangs = hangs_end;
  static_cast<void>(hangs(::getpid()));  // all memory that is used from here on is there now
  start_thread(change_map, shared);
  start_thread(read_page, shared);
  while (shared.writer == 0 || !hangs(shared.writer)) ::sched_yield();
  check(::listen(socket, 1) == 0);
  const pid_t pid = ::getpid();
  check(::write(ready, &pid, sizeof pid) == sizeof pid);
  for (;;) ::pause();
}

}  // namespace

bool StuckProcess::can_be_made() {
  if (::geteuid() != 0) return false;
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  ::close(device);
  return device >= 0;
}

StuckProcess::StuckProcess(std::uint16_t port) {
  const TempDir folder;
  const std::string place = folder.path().string();
  std::array<int, 2> ready{};
  PW_ASSERT(::pipe(ready.data()) == 0);
  const pid_t parent = ::getpid();
  server_ = ::fork();
  PW_ASSERT(server_ >= 0);
  if (server_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(::getppid() == parent);
    std::array<int, 2> hangs_pipe{};
    check(::pipe(hangs_pipe.data()) == 0);
    const int device = ::open("/dev/fuse", O_RDWR);
    check(device >= 0 && ::unshare(CLONE_NEWNS) == 0);
    check(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    const std::string options =
        "fd=" + std::to_string(device) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
    check(::mount("stuck", place.c_str(), "fuse", 0, options.c_str()) == 0);
    const pid_t stuck = ::fork();
    if (stuck == 0) {
      ::close(device);
      be_stuck(place + "/file", hangs_pipe[0], port, ready[1]);
    }
    ::close(ready[1]);
    serve(device, hangs_pipe[1]);
  }
  ::close(ready[1]);
  PW_ASSERT(::read(ready[0], &pid_, sizeof pid_) == sizeof pid_);
  ::close(ready[0]);
}

StuckProcess::~StuckProcess() {
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
}

}  // namespace portwatch::test
