// SPDX-License-Identifier: Apache-2.0
#pragma once

// Our end of the ring in memory that the kernel's programs write records into (linux/bpf.h,
// BPF_MAP_TYPE_RINGBUF, Documentation/bpf/ringbuf.rst). Nothing here asks for rights: who has the descriptor
// may read.
//
// A wake-up costs who opens a socket more than the event itself, so the kernel's side wakes us only when we
// said that we wait. The loop that has the descriptor does:
//
//   on readable: drain(), then again from a timer of a millisecond or two while records come (the descriptor
//                unwatched: it stays readable);
//   when a drain gave nothing and may_wait() is true: watch the descriptor, and wait.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/error.h"
#include "daemon/sensor/linux/bpf/mapping.h"

namespace portwatch::sensor::bpf {

/// Thread: one at a time.
class Ring {
 public:
  /// `fd` is the map's, and `reader_waits` the flag that the kernel's side looks at: both must outlive the
  /// ring.
  [[nodiscard]] static base::Result<Ring> open(int fd, std::size_t size, std::uint32_t& reader_waits);

  /// Becomes readable when records are there and may_wait() was true before.
  [[nodiscard]] int fd() const { return fd_; }

  /// Gives the records in their order to `take`, at most `limit` of them. A record is valid during the call.
  /// Gives how many there were.
  template <class Take>
  std::size_t drain(Take&& take, std::size_t limit = SIZE_MAX) {
    std::size_t count = 0;
    while (count < limit) {
      const Peek next = peek();
      if (!next.is_ready) break;
      if (!next.is_discarded) {
        take(next.record);
        ++count;
      }
      advance(next);
    }
    return count;
  }

  /// Asks to be woken by the next record. False: there is one already, so drain again instead.
  [[nodiscard]] bool may_wait();

  /// How many bytes wait to be read.
  [[nodiscard]] std::size_t waiting() const;

  /// How many bytes were reserved, and read, since the ring was made: what is in the ring now was read when
  /// consumed() reaches what produced() gives now.
  [[nodiscard]] std::uint64_t produced() const;
  [[nodiscard]] std::uint64_t consumed() const;

 private:
  struct Peek {
    bool is_ready = false;
    bool is_discarded = false;
    std::span<const std::byte> record;
    std::size_t step = 0;
  };

  Ring(int fd, std::size_t size, std::uint32_t& reader_waits, Mapping consumer, Mapping producer,
       std::size_t page);

  [[nodiscard]] Peek peek() const;
  void advance(const Peek& peek);

  int fd_;
  std::size_t size_;
  std::uint32_t* reader_waits_;
  Mapping consumer_memory_;
  Mapping producer_memory_;
  unsigned long* consumed_;  ///< ours: how far we have read
  unsigned long* produced_;  ///< the kernel's: how far it has reserved
  std::byte* records_;       ///< twice the ring, one behind the other, so that a record never breaks
};

}  // namespace portwatch::sensor::bpf
