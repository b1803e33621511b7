// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs remember, and how a record gets into the ring.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

constexpr __u32 kPendingSlots = 1024;

/// listen(2) that is under way: the cookie of the socket, at a place that goes by it. Few are at a time.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, kPendingSlots);
  __type(key, __u32);
  __type(value, __u64);
} pending SEC(".maps");

/// bind(2) that was not seen to succeed.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, kWishSlots);
  __type(key, __u32);
  __type(value, struct WishSlot);
} wishes SEC(".maps");

/// Whose facts were told already.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, kToldSlots);
  __type(key, __u32);
  __type(value, struct ToldSlot);
} told SEC(".maps");

/// Whose exec, fork and exit are told, by pid.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, kMaxHolders);
  __type(key, __u32);
  __type(value, struct Image);
} holders SEC(".maps");

struct Shared shared;

static __always_inline __u64* pending_slot(__u64 cookie) {
  __u32 index = cookie & (kPendingSlots - 1);
  return bpf_map_lookup_elem(&pending, &index);
}

static __always_inline struct WishSlot* wish_slot(__u64 cookie) {
  __u32 index = cookie & (kWishSlots - 1);
  return bpf_map_lookup_elem(&wishes, &index);
}

static __always_inline struct ToldSlot* told_slot(__u32 pid) {
  __u32 index = pid & (kToldSlots - 1);
  return bpf_map_lookup_elem(&told, &index);
}

static __always_inline bool is_told(const struct ToldSlot* slot, const struct task_struct* task) {
  return slot->pid == task->tgid && slot->image.exec_id == task->self_exec_id &&
         slot->image.start_ns == task->group_leader->start_boottime;
}

/// Room for a record in the ring, its header filled but for the process and the kind; null when there is
/// none.
static __always_inline void* begin_record(__u32 kind, __u32 size) {
  struct RecordHeader* header = bpf_ringbuf_reserve(&ring, size, 0);
  if (!header) {
    __sync_fetch_and_add(&shared.lost_records, 1);
    if (kind == kRecordProcess) __sync_fetch_and_add(&shared.lost_processes, 1);
    shared.last_lost_ns = bpf_ktime_get_boot_ns();
    return NULL;
  }
  header->size = size;
  header->time_ns = bpf_ktime_get_boot_ns();
  return header;
}

/// True for one of all that ask: who is told so has to wake it.
static __always_inline bool claim_waiting_reader(void) {
  if (*(volatile __u32*)&shared.reader_waits == 0) return false;
  shared.reader_waits = 0;
  return true;
}

/// The reader is woken only when it waits. It says so first and looks at the ring once more then; we reserved
/// first and ask then. Handing a record in is the barrier between the two, so that one of both sees the
/// other: so we ask once more behind it. One that began to wait in between is woken by a record of nothing.
static __always_inline void end_record(void* record, __u32 kind) {
  struct RecordHeader* header = record;
  header->kind = kind;
  bpf_ringbuf_submit(record, claim_waiting_reader() ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
  if (!claim_waiting_reader()) return;
  void* const nothing = bpf_ringbuf_reserve(&ring, sizeof(__u64), 0);
  if (nothing)
    bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
  else
    shared.reader_waits = 1;  // the ring is full: the next one that finds room wakes it
}
