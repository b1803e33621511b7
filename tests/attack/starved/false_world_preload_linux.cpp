// SPDX-License-Identifier: Apache-2.0
// The library that FalseWorld preloads (ld.so(8)). It asks the kernel itself, so that it needs nothing of the
// library in whose place it stands.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include "tests/attack/starved/false_world_page.h"

namespace {

using portwatch::test::FalseWorldPage;

FalseWorldPage* page() {
  static FalseWorldPage* const shared = [] {
    const char* path = std::getenv(portwatch::test::kFalseWorldVariable);
    const int fd = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) std::abort();
    void* const memory = mmap(nullptr, sizeof(FalseWorldPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED) std::abort();
    return static_cast<FalseWorldPage*>(memory);
  }();
  return shared;
}

void add(timespec& time, std::int64_t microseconds) {
  constexpr std::int64_t kSecond = 1'000'000;
  time.tv_sec += microseconds / kSecond;
  time.tv_nsec += microseconds % kSecond * 1000;
  if (time.tv_nsec >= 1000 * kSecond) {
    time.tv_nsec -= 1000 * kSecond;
    ++time.tv_sec;
  } else if (time.tv_nsec < 0) {
    time.tv_nsec += 1000 * kSecond;
    --time.tv_sec;
  }
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) add(*time, page()->wall_clock_us);
  if (result == 0 && clock == CLOCK_BOOTTIME) add(*time, page()->boot_clock_us);
  return static_cast<int>(result);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  if (const int failure = page()->write_errno; failure != 0) {
    errno = failure;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return pwrite(fd, data, size, offset);
}

}  // extern "C"
