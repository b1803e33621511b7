// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs remember, and how a record gets into the ring.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

/// listen(2) that is under way, by the cookie of the socket: since when.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} pending SEC(".maps");

/// bind(2) that was not seen to succeed, by the cookie of the socket.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct Wish);
} wishes SEC(".maps");

/// Whose facts were told already, by pid.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, struct Image);
} told SEC(".maps");

/// Whose exec, fork and exit are told, by pid.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, struct Image);
} holders SEC(".maps");

struct Shared shared;

/// Room for a record in the ring, its header filled but for the process; null when there is none.
static __always_inline void* begin_record(__u32 kind, __u32 size) {
  struct RecordHeader* header = bpf_ringbuf_reserve(&ring, size, 0);
  if (!header) {
    __sync_fetch_and_add(&shared.lost_records, 1);
    if (kind == kRecordProcess) __sync_fetch_and_add(&shared.lost_processes, 1);
    shared.last_lost_ns = bpf_ktime_get_boot_ns();
    return NULL;
  }
  header->kind = kind;
  header->size = size;
  header->time_ns = bpf_ktime_get_boot_ns();
  return header;
}

/// The reader is woken only when it waits. It says so first and looks at the ring once more then; we reserved
/// first and ask then. The atomic operation is the barrier between the two, so that one of both sees the
/// other.
static __always_inline void end_record(void* record) {
  __u64 flags = BPF_RB_NO_WAKEUP;
  if (__sync_fetch_and_add(&shared.reader_waits, 0) != 0) {
    shared.reader_waits = 0;
    flags = BPF_RB_FORCE_WAKEUP;
  }
  bpf_ringbuf_submit(record, flags);
}
