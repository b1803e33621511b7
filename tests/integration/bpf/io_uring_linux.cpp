// SPDX-License-Identifier: Apache-2.0
// Written against io_uring_setup(2) and io_uring_enter(2), with the operations that the headers of Debian 12
// do not know yet (linux/io_uring.h of 6.11).
#include "tests/integration/bpf/io_uring.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

constexpr std::uint8_t kOpBind = 56;    // IORING_OP_BIND
constexpr std::uint8_t kOpListen = 57;  // IORING_OP_LISTEN

void* map(int fd, std::size_t size, std::uint64_t offset) {
  void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
                               static_cast<off_t>(offset));
  PW_ASSERT(address != MAP_FAILED);
  return address;
}

std::uint32_t* at(void* queues, std::uint32_t offset) {
  return reinterpret_cast<std::uint32_t*>(static_cast<std::byte*>(queues) + offset);
}

}  // namespace

struct IoUring::Entry {
  io_uring_sqe sqe{};

  Entry(std::uint8_t operation, int fd, bool is_direct) {
    sqe.opcode = operation;
    sqe.fd = fd;
    if (is_direct) sqe.flags = IOSQE_FIXED_FILE;
  }
};

IoUring::IoUring() {
  io_uring_params parameters{};
  ring_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, 4, &parameters)));
  PW_ASSERT(ring_);
  PW_ASSERT((parameters.features & IORING_FEAT_SINGLE_MMAP) != 0);
  queues_size_ =
      std::max<std::size_t>(parameters.sq_off.array + parameters.sq_entries * sizeof(std::uint32_t),
                            parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  queues_ = map(ring_.get(), queues_size_, IORING_OFF_SQ_RING);
  entries_size_ = parameters.sq_entries * sizeof(io_uring_sqe);
  entries_ = map(ring_.get(), entries_size_, IORING_OFF_SQES);
  submitted_ = at(queues_, parameters.sq_off.tail);
  places_ = at(queues_, parameters.sq_off.array);
  completed_ = at(queues_, parameters.cq_off.head);
  completions_ = at(queues_, parameters.cq_off.cqes);
  const int none = -1;
  PW_ASSERT(::syscall(SYS_io_uring_register, ring_.get(), IORING_REGISTER_FILES, &none, 1) == 0);
}

IoUring::~IoUring() {
  ::munmap(entries_, entries_size_);
  ::munmap(queues_, queues_size_);
}

/// One entry, always at the first place, waited for.
int IoUring::run(const Entry& entry) {
  std::memcpy(entries_, &entry.sqe, sizeof entry.sqe);
  const std::atomic_ref tail(*submitted_);
  places_[tail.load() % 4] = 0;
  tail.store(tail.load() + 1);
  PW_ASSERT(::syscall(SYS_io_uring_enter, ring_.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) == 1);
  const std::atomic_ref head(*completed_);
  const io_uring_cqe completion = static_cast<const io_uring_cqe*>(completions_)[head.load() % 8];
  head.store(head.load() + 1);
  return completion.res;
}

int IoUring::bind(int fd, const void* address, std::uint32_t length) {
  Entry entry(kOpBind, fd, false);
  entry.sqe.addr = reinterpret_cast<std::uint64_t>(address);
  entry.sqe.addr2 = length;
  return run(entry);
}

int IoUring::listen(int fd, int backlog) {
  Entry entry(kOpListen, fd, false);
  entry.sqe.len = static_cast<std::uint32_t>(backlog);
  return run(entry);
}

int IoUring::direct_socket(int family) {
  Entry entry(IORING_OP_SOCKET, family, false);
  entry.sqe.off = SOCK_STREAM;
  entry.sqe.file_index = 1;  // place 0
  return run(entry);
}

int IoUring::direct_bind(const void* address, std::uint32_t length) {
  Entry entry(kOpBind, 0, true);
  entry.sqe.addr = reinterpret_cast<std::uint64_t>(address);
  entry.sqe.addr2 = length;
  return run(entry);
}

int IoUring::direct_listen(int backlog) {
  Entry entry(kOpListen, 0, true);
  entry.sqe.len = static_cast<std::uint32_t>(backlog);
  return run(entry);
}

int IoUring::direct_close() {
  Entry entry(IORING_OP_CLOSE, 0, false);
  entry.sqe.file_index = 1;
  return run(entry);
}

}  // namespace portwatch::test
