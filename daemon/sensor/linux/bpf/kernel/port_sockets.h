// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets that hold a port, among all sockets and all descriptors. Read by calls that may fail, since no type
// is known here.

#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

constexpr __u32 kDescriptorsLookedAt = 256;

/// Whether it listens, or is bound and has no peer: it keeps others from its port.
static __always_inline bool is_port_holder(struct sock* sk, __u16 protocol) {
  __u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
  if (state == kStateListen) return protocol == kProtocolTcp;
  return state == kStateClose && BPF_CORE_READ(sk, __sk_common.skc_num) != 0;
}

/// A kernel without MPTCP (CONFIG_MPTCP) has no such type.
static __always_inline struct sock* first_subflow(struct sock* sk) {
  if (!bpf_core_field_exists(((struct mptcp_sock*)sk)->first)) return NULL;
  return BPF_CORE_READ((struct mptcp_sock*)sk, first);
}

/// Of MPTCP the first subflow, which has the port and is the one that events name. Null for other kinds of
/// sockets.
static __always_inline struct sock* port_socket_of(struct sock* sk) {
  if (!sk) return NULL;
  __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (family != kAfInet && family != kAfInet6) return NULL;
  __u16 protocol = BPF_CORE_READ(sk, sk_protocol);
  if (protocol == kProtocolMptcp) return first_subflow(sk);
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return NULL;
  return BPF_CORE_READ(sk, sk_type) != kSocketTypeRaw ? sk : NULL;
}

static __always_inline bool is_port_file(struct file* file) {
  if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & kFileKind) != kFileIsSocket) return false;
  // A socket in the file system that was opened by its path has none (open(2), O_PATH).
  struct socket* socket = BPF_CORE_READ(file, private_data);
  if (!socket) return false;
  struct sock* sk = port_socket_of(BPF_CORE_READ(socket, sk));
  return sk && is_port_holder(sk, BPF_CORE_READ(sk, sk_protocol));
}

/// Whether a process holds such a socket. True also when it has more descriptors than are looked at.
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
