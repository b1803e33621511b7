// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a socket is. Plain reads, which cost next to nothing, through pointers whose type the verifier knows;
// where it knows none (UDP in a program of a control group), the context has most of it, and the rest is read
// by calls.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/typed_read.h"

/// By the type that the verifier knows.
static __always_inline void fill_socket(struct SocketFacts* facts, struct sock* sk) {
  facts->inode = sk->sk_socket->file->f_inode->i_ino;
  facts->netns = sk->__sk_common.skc_net.net->ns.inum;
  facts->uid = sk->sk_uid.val;
  facts->device = sk->__sk_common.skc_bound_dev_if;
  facts->port = sk->__sk_common.skc_num;
  facts->protocol = sk->sk_protocol;
  facts->backlog = 0;

  __u32 flags = 0;
  if (BPF_CORE_READ_BITFIELD(sk, __sk_common.skc_reuseport)) flags |= kSocketReusePort;
  if (BPF_CORE_READ_BITFIELD(sk, __sk_common.skc_ipv6only)) flags |= kSocketV6Only;
  facts->flags = flags;

  if (sk->__sk_common.skc_family == kAfInet6) {
    facts->family = 6;
    __builtin_memcpy(facts->address, sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8, sizeof facts->address);
  } else {
    facts->family = 4;
    __u32* address = (__u32*)facts->address;
    address[0] = sk->__sk_common.skc_rcv_saddr;
    address[1] = 0;
    address[2] = 0;
    address[3] = 0;
  }
}

/// A kernel without MPTCP (CONFIG_MPTCP) has no such field.
static __always_inline bool is_of_mptcp(struct tcp_sock* tcp) {
  return bpf_core_field_exists(tcp->is_mptcp) && tcp->is_mptcp;
}

/// TCP that listens, or is about to.
static __always_inline void fill_listener(struct SocketFacts* facts, struct sock* sk, bool is_mptcp) {
  fill_socket(facts, sk);
  facts->backlog = sk->sk_max_ack_backlog;
  facts->flags |= kSocketIntentKnown;
  if (BPF_CORE_READ_BITFIELD(sk, sk_userlocks) & kBindPortLock) facts->flags |= kSocketPortNamed;
  if (is_mptcp) facts->flags |= kSocketMptcp;
}

/// By as few calls as it takes: the inode lies behind the socket itself.
static __always_inline __u64 unknown_inode_of(struct sock* sk) {
  struct socket* socket = READ(sk, sk_socket);
  if (!socket) return 0;
  struct socket_alloc* whole = (void*)socket - bpf_core_field_offset(struct socket_alloc, socket);
  return READ(whole, vfs_inode.i_ino);
}

static __always_inline __u32 unknown_flags_of(struct sock* sk) {
  __u32 flags = 0;
  if (READ_BITFIELD(sk, __sk_common.skc_reuseport)) flags |= kSocketReusePort;
  if (READ_BITFIELD(sk, __sk_common.skc_ipv6only)) flags |= kSocketV6Only;
  return flags;
}

/// In a program that is called when a socket was bound: the context has some of it.
static __always_inline void fill_bound(struct SocketFacts* facts, struct bpf_sock* context, bool is_v6) {
  struct sock* sk = (struct sock*)context;
  facts->inode = unknown_inode_of(sk);
  facts->netns = READ(sk, __sk_common.skc_net.net, ns.inum);
  facts->uid = READ(sk, sk_uid.val);
  facts->device = READ(sk, __sk_common.skc_bound_dev_if);
  facts->port = context->src_port;
  facts->protocol = context->protocol;
  facts->backlog = 0;
  facts->flags = unknown_flags_of(sk);
  facts->family = is_v6 ? 6 : 4;
  __u32* address = (__u32*)facts->address;
  if (is_v6) {
    address[0] = context->src_ip6[0];
    address[1] = context->src_ip6[1];
    address[2] = context->src_ip6[2];
    address[3] = context->src_ip6[3];
  } else {
    address[0] = context->src_ip4;
    address[1] = 0;
    address[2] = 0;
    address[3] = 0;
  }
}

/// By calls: for any pointer.
static __always_inline void fill_unknown_socket(struct SocketFacts* facts, struct sock* sk) {
  facts->inode = unknown_inode_of(sk);
  facts->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  facts->uid = BPF_CORE_READ(sk, sk_uid.val);
  facts->device = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
  facts->port = BPF_CORE_READ(sk, __sk_common.skc_num);
  facts->protocol = BPF_CORE_READ(sk, sk_protocol);
  facts->backlog = 0;
  facts->flags = unknown_flags_of(sk);

  if (BPF_CORE_READ(sk, __sk_common.skc_family) == kAfInet6) {
    facts->family = 6;
    BPF_CORE_READ_INTO(&facts->address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
  } else {
    facts->family = 4;
    __u32* address = (__u32*)facts->address;
    address[0] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    address[1] = 0;
    address[2] = 0;
    address[3] = 0;
  }
}

static __always_inline void fill_unknown_listener(struct SocketFacts* facts, struct sock* sk, bool is_mptcp) {
  fill_unknown_socket(facts, sk);
  facts->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
  facts->flags |= kSocketIntentKnown;
  if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & kBindPortLock) facts->flags |= kSocketPortNamed;
  if (is_mptcp) facts->flags |= kSocketMptcp;
}
