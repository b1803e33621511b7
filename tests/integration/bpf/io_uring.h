// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets by io_uring(7), without a system call of their own and, if wanted, without a descriptor that
// anybody sees.

#include <cstdint>

#include "common/platform/descriptor.h"

namespace portwatch::test {

/// A ring that does one thing at a time. Aborts when the kernel has none.
class IoUring {
 public:
  IoUring();
  ~IoUring();
  IoUring(const IoUring&) = delete;
  IoUring& operator=(const IoUring&) = delete;

  // Each gives the result as the system call of that name would: negative is an errno.
  int bind(int fd, const void* address, std::uint32_t length);
  int listen(int fd, int backlog);

  /// A TCP socket at place 0 of the ring's own table; `fd` 0 of the calls below is that place.
  int direct_socket(int family);
  int direct_bind(const void* address, std::uint32_t length);
  int direct_listen(int backlog);
  int direct_close();

 private:
  struct Entry;
  int run(const Entry& entry);

  platform::Descriptor ring_;
  void* queues_ = nullptr;
  void* entries_ = nullptr;
  std::size_t queues_size_ = 0;
  std::size_t entries_size_ = 0;
  std::uint32_t* submitted_ = nullptr;
  std::uint32_t* places_ = nullptr;
  std::uint32_t* completed_ = nullptr;
  void* completions_ = nullptr;
};

}  // namespace portwatch::test
