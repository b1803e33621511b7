// SPDX-License-Identifier: Apache-2.0
// The programs that see sockets open and close, and their holders change. None of them changes what the
// watched program sees: those of control groups give 1, which means "go on".

#include "daemon/sensor/linux/bpf/kernel/port_sockets.h"
#include "daemon/sensor/linux/bpf/kernel/process_facts.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline __s32 wait_status_of(struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  if (signal->flags & kSignalGroupExit) return signal->group_exit_code;
  return task->group_leader->exit_code;
}

/// All but what the socket is.
static __always_inline struct EndRecord* begin_end(__u32 kind, __u64 cookie) {
  struct EndRecord* record = begin_record(kind, sizeof *record);
  if (!record) return NULL;
  struct task_struct* task = current_task();
  fill_process(&record->header.process, task);
  record->cookie = cookie;
  record->status = 0;
  record->flags = 0;
  if (task->flags & kTaskKernelThread) record->flags = kEndByKernel;
  // A thread with descriptors of its own can end while the others go on.
  if ((task->flags & kTaskExiting) &&
      ((task->signal->flags & kSignalGroupExit) || task->signal->live.counter == 0)) {
    record->flags = kEndExiting;
    record->status = wait_status_of(task);
  }
  return record;
}

// ---- TCP: listening periods

static __always_inline void tell_listen_refused(struct sock* sk, __u64 cookie) {
  struct SocketRecord* record = begin_record(kRecordListenRefused, sizeof *record);
  if (!record) return;
  fill_process(&record->header.process, current_task());
  struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
  fill_listener(&record->socket, sk, tcp && is_of_mptcp(tcp));
  record->socket.cookie = cookie;
  end_record(record, kRecordListenRefused);
}

static __always_inline void tell_listen_end(struct sock* sk, __u64 cookie) {
  struct EndRecord* record = begin_end(kRecordListenEnd, cookie);
  if (!record) return;
  record->inode = sk->sk_socket->file->f_inode->i_ino;
  record->netns = sk->__sk_common.skc_net.net->ns.inum;
  record->port = sk->__sk_common.skc_num;
  record->family = sk->__sk_common.skc_family == kAfInet6 ? 6 : 4;
  record->protocol = kProtocolTcp;
  end_record(record, kRecordListenEnd);
}

/// 10 is announced before the port is checked, so it is only a try. 10 to 3 is an accepted connection.
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_state, struct sock* sk, int old_state, int new_state) {
  bool begins = new_state == kStateListen && old_state != kStateListen;
  bool ends = old_state == kStateListen && new_state == kStateClose;
  if ((!begins && !ends) || sk->sk_protocol != kProtocolTcp) return 0;
  __u64 cookie = bpf_get_socket_cookie(sk);
  __u64* slot = pending_slot(cookie);
  if (!slot) return 0;
  if (begins) {
    if (*slot != 0) __sync_fetch_and_add(&shared.full_pending, 1);
    *slot = cookie;
  } else if (*slot == cookie) {
    *slot = 0;
    tell_listen_refused(sk, cookie);
  } else {
    tell_listen_end(sk, cookie);
  }
  return 0;
}

/// Called for many things of each connection, for us only when listen(2) has succeeded.
SEC("sockops")
int listening(struct bpf_sock_ops* context) {
  if (context->op != BPF_SOCK_OPS_TCP_LISTEN_CB) return 1;
  struct bpf_sock* socket = context->sk;
  if (!socket) return 1;
  struct tcp_sock* tcp = bpf_skc_to_tcp_sock(socket);
  if (!tcp) return 1;
  __u64 cookie = bpf_get_socket_cookie(context);
  __u64* slot = pending_slot(cookie);
  if (slot && *slot == cookie) *slot = 0;
  introduce_process();  // it may not have called bind(2), which does it otherwise
  struct SocketRecord* record = begin_record(kRecordListen, sizeof *record);
  if (record) {
    fill_process(&record->header.process, current_task());
    fill_listener(&record->socket, (struct sock*)tcp, is_of_mptcp(tcp));
    record->socket.cookie = cookie;
    end_record(record, kRecordListen);
  }
  watch_process();
  return 1;
}

// ---- bind(2): UDP, and who was refused

constexpr __u64 kDisplaceAfterNs = 1000000000;

/// How far CLOCK_MONOTONIC_COARSE goes at once. Set before the programs are loaded.
const volatile __u64 tick_ns = 10000000;

/// When a bind was refused at the latest. Nearly all refused sockets are closed at once: then it is exact.
/// The exact clock would cost every bind(2) what the rest of its wish does.
static __always_inline __u64 latest_time_of(const struct Wish* wish, __u64 noticed_ns) {
  __u64 age = bpf_ktime_get_ns() - wish->coarse_ns;
  return age > tick_ns ? noticed_ns - (age - tick_ns) : noticed_ns;
}

/// The wish leaves its place, unless userland took it just now.
static __always_inline void drop_wish(struct WishSlot* slot, __u64 owner) {
  __sync_val_compare_and_swap(&slot->cookie, owner, 0);
}

/// Takes the wish of `owner` out of its place, and tells that it was refused, unless somebody else took it.
/// `sk` is what the wish was for, read by calls; null: not known any more.
static __always_inline void tell_refusal(struct WishSlot* slot, __u64 owner, struct sock* sk, __u32 sign) {
  struct RefusalRecord* record = begin_record(kRecordBindRefused, sizeof *record);
  if (!record) {
    drop_wish(slot, owner);
    return;
  }
  record->noticed_ns = record->header.time_ns;
  record->header.time_ns = latest_time_of(&slot->wish, record->noticed_ns);
  record->header.process = slot->wish.process;
  record->socket = slot->wish.socket;
  if (sk) record->socket.inode = unknown_inode_of(sk);
  record->flags = slot->wish.flags;
  record->sign = sign;
  // Only now it is certain that it was ours alone while we read it.
  if (__sync_val_compare_and_swap(&slot->cookie, owner, 0) != owner) {
    bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
    return;
  }
  end_record(record, kRecordBindRefused);
}

/// Whether the kernel asks for CAP_NET_BIND_SERVICE, and the process has it not for certain: one of an outer
/// user namespace may have it in the network's (user_namespaces(7)).
static __always_inline bool lacks_privilege(struct net* net, __u16 port) {
  if (port == 0 || port >= READ(net, ipv4.sysctl_ip_prot_sock)) return false;
  const struct cred* cred = current_task()->cred;
  __u32 capabilities = 0;
  bpf_probe_read_kernel(&capabilities, sizeof capabilities,
                        __builtin_preserve_access_index(&cred->cap_effective));
  struct user_namespace* owner = BPF_CORE_READ(net, user_ns);
  if (cred->user_ns == owner) return !(capabilities & (1U << kCapNetBindService));
  return BPF_CORE_READ(owner, level) <= BPF_CORE_READ(cred, user_ns, level);
}

/// IP_BIND_ADDRESS_NO_PORT: bind(2) to port 0 succeeds and chooses no port, unseen by post_bind.
static __always_inline bool puts_off_port(struct sock* sk) {
  if (bpf_core_field_exists(((struct inet_sock*)sk)->inet_flags))
    return READ((struct inet_sock*)sk, inet_flags) & (1UL << kBindAddressNoPortBit);
  return BPF_CORE_READ_BITFIELD_PROBED((struct inet_sock___fields*)sk, bind_address_no_port);
}

/// A bind to port 0 that put the port off leaves its mark on the socket when it succeeds.
static __always_inline bool was_refused(const struct Wish* wish, struct sock* sk) {
  return wish->socket.port != 0 || !(READ_BITFIELD(sk, sk_userlocks) & kBindAddressLock);
}

/// The place for the wish of a socket, taken. What is there already was refused: an earlier bind of the same
/// socket, or one of another socket, if it is there for long (for port 0 that is no more than likely, and is
/// not told). Not its owner's until note_wish() has written it whole. Null: somebody else has the place.
static __always_inline struct WishSlot* take_wish_slot(__u64 cookie, struct sock* sk, __u64 now) {
  struct WishSlot* slot = wish_slot(cookie);
  if (!slot) return NULL;
  __u64 owner = *(volatile __u64*)&slot->cookie;
  bool is_mine = owner == cookie;
  if (owner != 0 && owner != kWishUnfinished && (is_mine || slot->wish.coarse_ns + kDisplaceAfterNs < now)) {
    if (is_mine ? was_refused(&slot->wish, sk) : slot->wish.socket.port != 0)
      tell_refusal(slot, owner, is_mine ? sk : NULL, is_mine ? kSignNextBind : kSignDisplaced);
    else
      drop_wish(slot, owner);
    owner = 0;
  }
  if (owner != 0 || __sync_val_compare_and_swap(&slot->cookie, 0, kWishUnfinished) != 0) {
    __sync_fetch_and_add(&shared.full_wishes, 1);
    return NULL;
  }
  slot->wish.coarse_ns = now;
  return slot;
}

static __always_inline int note_wish(struct bpf_sock_addr* context, bool is_v6) {
  __u32 protocol = context->protocol;
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return 1;
  struct bpf_sock* socket = context->sk;
  // Bound already, or in use: EINVAL, whatever is asked for.
  if (!socket || socket->src_port != 0 || socket->state != kStateClose) return 1;
  introduce_process();
  struct sock* sk = READ((struct bpf_sock_addr_kern*)context, sk);
  __u16 port = __builtin_bswap16((__u16)context->user_port);
  if (port == 0 && puts_off_port(sk)) return 1;

  __u64 cookie = bpf_get_socket_cookie(context);
  struct WishSlot* slot = take_wish_slot(cookie, sk, bpf_ktime_get_coarse_ns());
  if (!slot) return 1;
  struct Wish* wish = &slot->wish;
  fill_process(&wish->process, current_task());
  struct net* net = READ(sk, __sk_common.skc_net.net);
  wish->flags = lacks_privilege(net, port) ? kRefusalPrivileged : 0;
  struct SocketFacts* facts = &wish->socket;
  facts->inode = 0;
  facts->netns = READ(net, ns.inum);
  facts->uid = wish->process.uid;
  facts->device = socket->bound_dev_if;
  facts->flags = port != 0 ? kSocketIntentKnown | kSocketPortNamed : kSocketIntentKnown;
  facts->port = port;
  facts->protocol = protocol;
  facts->backlog = 0;
  facts->family = is_v6 ? 6 : 4;
  __u32* address = (__u32*)facts->address;
  if (is_v6) {
    address[0] = context->user_ip6[0];
    address[1] = context->user_ip6[1];
    address[2] = context->user_ip6[2];
    address[3] = context->user_ip6[3];
    bool is_wildcard = !(address[0] | address[1] | address[2] | address[3]);
    if (is_wildcard && READ_BITFIELD(sk, __sk_common.skc_ipv6only)) facts->flags |= kSocketV6Only;
  } else {
    address[0] = context->user_ip4;
    address[1] = 0;
    address[2] = 0;
    address[3] = 0;
  }
  facts->cookie = cookie;
  barrier();
  *(volatile __u64*)&slot->cookie = cookie;  // last: now it is whole
  return 1;
}

SEC("cgroup/bind4")
int wish4(struct bpf_sock_addr* context) {
  return note_wish(context, false);
}

SEC("cgroup/bind6")
int wish6(struct bpf_sock_addr* context) {
  return note_wish(context, true);
}

static __always_inline int note_bound(struct bpf_sock* context, bool is_v6) {
  __u32 protocol = context->protocol;
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return 1;
  __u64 cookie = bpf_get_socket_cookie(context);
  struct WishSlot* slot = wish_slot(cookie);
  __u32 intent = 0;  // the lock that says who chose the port is set only after this hook
  if (slot && slot->cookie == cookie) {
    intent = slot->wish.socket.flags;
    slot->cookie = 0;
  }
  if (protocol == kProtocolTcp) return 1;
  struct SocketRecord* record = begin_record(kRecordBind, sizeof *record);
  if (record) {
    fill_process(&record->header.process, current_task());
    fill_bound(&record->socket, context, is_v6);
    record->socket.cookie = cookie;
    record->socket.flags |= intent;
    end_record(record, kRecordBind);
  }
  watch_process();
  return 1;
}

SEC("cgroup/post_bind4")
int bound4(struct bpf_sock* context) {
  return note_bound(context, false);
}

SEC("cgroup/post_bind6")
int bound6(struct bpf_sock* context) {
  return note_bound(context, true);
}

static __always_inline void tell_release(struct bpf_sock* context, struct sock* sk, __u64 cookie,
                                         __u16 port) {
  struct EndRecord* record = begin_end(kRecordRelease, cookie);
  if (!record) return;
  record->inode = unknown_inode_of(sk);
  record->netns = READ(sk, __sk_common.skc_net.net, ns.inum);
  record->port = port;
  record->family = context->family == kAfInet6 ? 6 : 4;
  record->protocol = kProtocolUdp;
  if (READ(sk, __sk_common.skc_state) == kStateEstablished) record->flags |= kEndConnected;
  end_record(record, kRecordRelease);
}

/// For every socket of the machine. One that was never bound, and that nobody listed, has no cookie.
SEC("cgroup/sock_release")
int released(struct bpf_sock* context) {
  struct sock* sk = (struct sock*)context;
  __u32 protocol = context->protocol;
  if (protocol == kProtocolMptcp)
    sk = first_subflow(sk);
  else if ((protocol != kProtocolTcp && protocol != kProtocolUdp) || context->type == kSocketTypeRaw)
    return 1;
  __u64 cookie = READ(sk, __sk_common.skc_cookie.counter);
  if (cookie == 0) return 1;
  struct WishSlot* slot = wish_slot(cookie);
  if (slot && slot->cookie == cookie) {
    if (was_refused(&slot->wish, sk))
      tell_refusal(slot, cookie, sk, kSignRelease);
    else
      slot->cookie = 0;
  }
  if (protocol != kProtocolUdp) return 1;
  __u16 port = READ(sk, __sk_common.skc_num);
  if (port != 0) tell_release(context, sk, cookie, port);
  return 1;
}

// ---- holders

/// The children of a server run other programs mostly, without its sockets: those are left alone from here
/// on.
SEC("tp_btf/sched_process_exec")
int BPF_PROG(holder_exec, struct task_struct* task) {
  __u32 pid = task->tgid;
  struct Image* image = bpf_map_lookup_elem(&holders, &pid);
  if (!image) return 0;
  __u64 old_exec_id = image->exec_id;
  bool is_holder = may_hold_port(task);
  if (is_holder) {
    fill_image(image, task);
    introduce_process();
  } else {
    bpf_map_delete_elem(&holders, &pid);
  }
  struct ExecRecord* record = begin_record(kRecordExec, sizeof *record);
  if (!record) return 0;
  fill_process(&record->header.process, task);
  record->old_exec_id = old_exec_id;
  record->flags = is_holder ? kExecHolds : 0;
  record->reserved = 0;
  end_record(record, kRecordExec);
  return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(holder_fork, struct task_struct* parent, struct task_struct* child) {
  __u32 pid = parent->tgid;
  if (!bpf_map_lookup_elem(&holders, &pid)) return 0;
  __u32 child_pid = child->tgid;
  if (child_pid == pid) return 0;  // a thread
  struct Image image;
  fill_image(&image, child);
  if (bpf_map_update_elem(&holders, &child_pid, &image, BPF_ANY) != 0)
    __sync_fetch_and_add(&shared.full_holders, 1);
  struct ForkRecord* record = begin_record(kRecordFork, sizeof *record);
  if (!record) return 0;
  fill_process(&record->header.process, parent);
  fill_process(&record->child, child);
  end_record(record, kRecordFork);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(holder_exit, struct task_struct* task) {
  __u32 pid = task->tgid;
  if (!bpf_map_lookup_elem(&holders, &pid)) return 0;
  if (task->signal->live.counter != 0) return 0;  // other threads go on
  bpf_map_delete_elem(&holders, &pid);
  struct ExitRecord* record = begin_record(kRecordExit, sizeof *record);
  if (!record) return 0;
  fill_process(&record->header.process, task);
  record->status = wait_status_of(task);
  record->reserved = 0;
  end_record(record, kRecordExit);
  return 0;
}
