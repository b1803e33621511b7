// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a socket is. Every read is one that may fail, so that this serves each kind of program alike.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

static __always_inline __u64 inode_of(struct sock* sk) {
  struct socket* socket = BPF_CORE_READ(sk, sk_socket);
  if (!socket) return 0;
  struct socket_alloc* whole = (void*)socket - bpf_core_field_offset(struct socket_alloc, socket);
  return BPF_CORE_READ(whole, vfs_inode.i_ino);
}

/// Whether it listens, or is bound and has no peer: it keeps others from its port.
static __always_inline bool is_port_holder(struct sock* sk, __u16 protocol) {
  __u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
  if (state == kStateListen) return protocol == kProtocolTcp;
  return state == kStateClose && BPF_CORE_READ(sk, __sk_common.skc_num) != 0;
}

/// The socket that has the port: of MPTCP the first subflow, which is the one that events name. Null for
/// other kinds.
static __always_inline struct sock* port_socket_of(struct sock* sk) {
  if (!sk) return NULL;
  __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (family != kAfInet && family != kAfInet6) return NULL;
  __u16 protocol = BPF_CORE_READ(sk, sk_protocol);
  if (protocol == kProtocolMptcp) return BPF_CORE_READ((struct mptcp_sock*)sk, first);
  return protocol == kProtocolTcp || protocol == kProtocolUdp ? sk : NULL;
}

/// All but cookie and backlog. The address is the one that it is bound to.
static __always_inline void fill_socket(struct SocketFacts* facts, struct sock* sk) {
  facts->inode = inode_of(sk);
  facts->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  facts->uid = BPF_CORE_READ(sk, sk_uid.val);
  facts->device = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
  facts->port = BPF_CORE_READ(sk, __sk_common.skc_num);
  facts->protocol = BPF_CORE_READ(sk, sk_protocol);
  facts->backlog = 0;

  __u32 flags = 0;
  if (BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuseport)) flags |= kSocketReusePort;
  if (BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only)) flags |= kSocketV6Only;
  facts->flags = flags;

  __builtin_memset(facts->address, 0, sizeof facts->address);
  if (BPF_CORE_READ(sk, __sk_common.skc_family) == kAfInet6) {
    facts->family = 6;
    BPF_CORE_READ_INTO(&facts->address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
  } else {
    facts->family = 4;
    __be32 address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    __builtin_memcpy(facts->address, &address, sizeof address);
  }
}

static __always_inline __u8 locks_of(struct sock* sk) {
  return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks);
}

/// TCP that listens, or is about to.
static __always_inline void fill_listener(struct SocketFacts* facts, struct sock* sk) {
  fill_socket(facts, sk);
  facts->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
  facts->flags |= kSocketIntentKnown;
  if (locks_of(sk) & kBindPortLock) facts->flags |= kSocketPortNamed;
  if (BPF_CORE_READ_BITFIELD_PROBED((struct tcp_sock*)sk, is_mptcp)) facts->flags |= kSocketMptcp;
}
