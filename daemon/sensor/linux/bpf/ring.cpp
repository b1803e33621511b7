// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/ring.h"

#include <utility>

#include <linux/bpf.h>
#include <unistd.h>

namespace portwatch::sensor::bpf {
base::Result<Ring> Ring::open(int fd, std::size_t size, std::uint32_t& reader_waits) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto consumer = Mapping::make(fd, page, true);
  if (!consumer) return std::unexpected(std::move(consumer).error());
  auto producer = Mapping::make(fd, page + 2 * size, false, page);
  if (!producer) return std::unexpected(std::move(producer).error());
  return Ring(fd, size, reader_waits, std::move(*consumer), std::move(*producer), page);
}

Ring::Ring(int fd, std::size_t size, std::uint32_t& reader_waits, Mapping consumer, Mapping producer,
           std::size_t page)
    : fd_(fd),
      size_(size),
      reader_waits_(&reader_waits),
      consumer_memory_(std::move(consumer)),
      producer_memory_(std::move(producer)),
      consumed_(reinterpret_cast<unsigned long*>(consumer_memory_.data())),
      produced_(reinterpret_cast<unsigned long*>(producer_memory_.data())),
      records_(producer_memory_.data() + page) {}

Ring::Peek Ring::peek() const {
  const unsigned long at = std::atomic_ref(*consumed_).load(std::memory_order_relaxed);
  if (at >= std::atomic_ref(*produced_).load(std::memory_order_acquire)) return {};
  std::byte* const begin = records_ + (at & (size_ - 1));
  const std::uint32_t length =
      std::atomic_ref(*reinterpret_cast<std::uint32_t*>(begin)).load(std::memory_order_acquire);
  if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return {};  // reserved, not written yet
  const std::size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  return {.is_ready = true,
          .is_discarded = (length & BPF_RINGBUF_DISCARD_BIT) != 0,
          .record = {begin + BPF_RINGBUF_HDR_SZ, size},
          .step = (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8};
}

void Ring::advance(const Peek& peek) {
  const unsigned long at = std::atomic_ref(*consumed_).load(std::memory_order_relaxed);
  std::atomic_ref(*consumed_).store(at + peek.step, std::memory_order_release);
}

std::uint64_t Ring::produced() const {
  return std::atomic_ref(*produced_).load(std::memory_order_acquire);
}

std::uint64_t Ring::consumed() const {
  return std::atomic_ref(*consumed_).load(std::memory_order_relaxed);
}

std::size_t Ring::waiting() const {
  return produced() - consumed();
}

bool Ring::may_wait() {
  const std::atomic_ref flag(*reader_waits_);
  flag.store(1, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (waiting() == 0) return true;
  flag.store(0, std::memory_order_relaxed);
  return false;
}

}  // namespace portwatch::sensor::bpf
