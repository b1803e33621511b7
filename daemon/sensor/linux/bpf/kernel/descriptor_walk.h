// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a process holds a socket with a port: its descriptors, the first ones of them.

#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

constexpr __u32 kDescriptorsLookedAt = 256;

static __always_inline bool is_port_file(struct file* file) {
  if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & kFileKind) != kFileIsSocket) return false;
  // A socket in the file system that was opened by its path has none (open(2), O_PATH).
  struct socket* socket = BPF_CORE_READ(file, private_data);
  if (!socket) return false;
  struct sock* sk = port_socket_of(BPF_CORE_READ(socket, sk));
  return sk && is_port_holder(sk, BPF_CORE_READ(sk, sk_protocol));
}

/// True also when there are more descriptors than are looked at.
static __always_inline bool may_hold_port(struct task_struct* task) {
  struct fdtable* table = BPF_CORE_READ(task, files, fdt);
  __u32 count = BPF_CORE_READ(table, max_fds);
  struct file** files = BPF_CORE_READ(table, fd);
  for (__u32 i = 0; i < kDescriptorsLookedAt; ++i) {
    if (i >= count) return false;
    struct file* file = NULL;
    bpf_probe_read_kernel(&file, sizeof file, files + i);
    if (is_port_file(file)) return true;
  }
  return count > kDescriptorsLookedAt;
}
