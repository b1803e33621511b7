// SPDX-License-Identifier: Apache-2.0
// For the ThreadSanitizer build alone. libuv closes its descriptors by syscall(SYS_close, …), which
// ThreadSanitizer does not see: for it the number belongs to the loop for ever, and another thread that is
// given the same number by the kernel and closes it is in a race. Here such a close becomes one that it sees.

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

/// syscall(2), under a name of our own: unistd.h declares it with an ellipsis, from which nothing can be
/// handed on. A system call takes six arguments at most; the kernel ignores those that the caller did not
/// give.
extern "C" long visible_syscall(long number, long a, long b, long c, long d, long e,
                                long f) __asm__("syscall");

/// It is called before main() too, so nothing here needs to be initialised.
extern "C" __attribute__((no_sanitize("thread"))) long visible_syscall(long number, long a, long b, long c,
                                                                       long d, long e, long f) {
  if (number == SYS_close) return ::close(static_cast<int>(a));
  using Call = long (*)(long, ...);
  const auto call = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "syscall"));
  return call(number, a, b, c, d, e, f);
}
