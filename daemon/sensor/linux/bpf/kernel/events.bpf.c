// SPDX-License-Identifier: Apache-2.0
// The programs that see sockets open and close, and their holders change. None of them changes what the
// watched program sees: those of control groups give 1, which means "go on".

#include "daemon/sensor/linux/bpf/kernel/descriptor_walk.h"
#include "daemon/sensor/linux/bpf/kernel/process_facts.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline struct sock* socket_of(const void* address) {
  struct sock* sk = NULL;
  bpf_probe_read_kernel(&sk, sizeof sk, address);
  return sk;
}

// ---- TCP: listening periods

static __always_inline void tell_listener(__u32 kind, struct sock* sk, __u64 cookie) {
  struct SocketRecord* record = begin_record(kind, sizeof *record);
  if (!record) return;
  fill_process(&record->header.process, current_task());
  fill_listener(&record->socket, sk);
  record->socket.cookie = cookie;
  end_record(record);
}

static __always_inline __s32 wait_status_of(struct task_struct* task) {
  struct signal_struct* signal = BPF_CORE_READ(task, signal);
  if (BPF_CORE_READ(signal, flags) & kSignalGroupExit) return BPF_CORE_READ(signal, group_exit_code);
  return BPF_CORE_READ(task, group_leader, exit_code);
}

static __always_inline void tell_end(__u32 kind, struct sock* sk, __u64 cookie) {
  struct EndRecord* record = begin_record(kind, sizeof *record);
  if (!record) return;
  struct task_struct* task = current_task();
  fill_process(&record->header.process, task);
  record->cookie = cookie;
  record->inode = inode_of(sk);
  record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  record->port = BPF_CORE_READ(sk, __sk_common.skc_num);
  record->family = BPF_CORE_READ(sk, __sk_common.skc_family) == kAfInet6 ? 6 : 4;
  record->protocol = BPF_CORE_READ(sk, sk_protocol);
  record->status = 0;
  __u32 flags = 0;
  if (BPF_CORE_READ(task, flags) & kTaskExiting) {
    flags |= kEndExiting;
    record->status = wait_status_of(task);
  }
  if (BPF_CORE_READ(sk, __sk_common.skc_state) == kStateEstablished) flags |= kEndConnected;
  record->flags = flags;
  end_record(record);
}

/// 10 is announced before the port is checked, so it is only a try. 10 to 3 is an accepted connection.
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_state, struct sock* sk, int old_state, int new_state) {
  if (new_state == kStateListen) {
    if (old_state == kStateListen || sk->sk_protocol != kProtocolTcp) return 0;
    __u64 cookie = bpf_get_socket_cookie(sk);
    __u64 now = bpf_ktime_get_boot_ns();
    if (bpf_map_update_elem(&pending, &cookie, &now, BPF_ANY) != 0)
      __sync_fetch_and_add(&shared.full_pending, 1);
    return 0;
  }
  if (old_state != kStateListen || new_state != kStateClose || sk->sk_protocol != kProtocolTcp) return 0;
  __u64 cookie = bpf_get_socket_cookie(sk);
  if (bpf_map_delete_elem(&pending, &cookie) == 0)
    tell_listener(kRecordListenRefused, sk, cookie);
  else
    tell_end(kRecordListenEnd, sk, cookie);
  return 0;
}

/// Called for many things of each connection, for us only when listen(2) has succeeded.
SEC("sockops")
int listening(struct bpf_sock_ops* context) {
  if (context->op != BPF_SOCK_OPS_TCP_LISTEN_CB) return 1;
  __u64 cookie = bpf_get_socket_cookie(context);
  bpf_map_delete_elem(&pending, &cookie);
  struct sock* sk = socket_of(__builtin_preserve_access_index(&((struct bpf_sock_ops_kern*)context)->sk));
  introduce_process();  // it may not have called bind(2), which does it otherwise
  tell_listener(kRecordListen, sk, cookie);
  watch_process();
  return 1;
}

// ---- bind(2): UDP, and who was refused

static __always_inline void tell_refusal(const struct Wish* wish, __u32 sign) {
  struct RefusalRecord* record = begin_record(kRecordBindRefused, sizeof *record);
  if (!record) return;
  record->noticed_ns = record->header.time_ns;
  record->header.time_ns = wish->time_ns;
  record->header.process = wish->process;
  record->socket = wish->socket;
  record->flags = wish->flags;
  record->sign = sign;
  end_record(record);
}

/// Whether the kernel asks for CAP_NET_BIND_SERVICE, and the process has it not.
static __always_inline bool lacks_privilege(struct sock* sk, __u16 port) {
  struct net* net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
  if (port == 0 || port >= BPF_CORE_READ(net, ipv4.sysctl_ip_prot_sock)) return false;
  const struct cred* cred = BPF_CORE_READ(current_task(), cred);
  __u32 capabilities = 0;
  bpf_probe_read_kernel(&capabilities, sizeof capabilities,
                        __builtin_preserve_access_index(&cred->cap_effective));
  return !(capabilities & (1U << kCapNetBindService)) ||
         BPF_CORE_READ(cred, user_ns) != BPF_CORE_READ(net, user_ns);
}

/// IP_BIND_ADDRESS_NO_PORT: bind(2) to port 0 succeeds and chooses no port, unseen by post_bind.
static __always_inline bool puts_off_port(struct sock* sk) {
  if (bpf_core_field_exists(((struct inet_sock*)sk)->inet_flags))
    return BPF_CORE_READ((struct inet_sock*)sk, inet_flags) & (1UL << kBindAddressNoPortBit);
  return BPF_CORE_READ_BITFIELD_PROBED((struct inet_sock___fields*)sk, bind_address_no_port);
}

static __always_inline bool was_refused(const struct Wish* wish, struct sock* sk) {
  return wish->socket.port != 0 || !(locks_of(sk) & kBindAddressLock);
}

static __always_inline int note_wish(struct bpf_sock_addr* context, bool is_v6) {
  __u32 protocol = context->protocol;
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return 1;
  struct sock* sk = socket_of(__builtin_preserve_access_index(&((struct bpf_sock_addr_kern*)context)->sk));
  // Bound already, or in use: EINVAL, whatever is asked for.
  if (BPF_CORE_READ(sk, __sk_common.skc_num) != 0 || BPF_CORE_READ(sk, __sk_common.skc_state) != kStateClose)
    return 1;
  __u64 cookie = bpf_get_socket_cookie(context);
  struct Wish* before = bpf_map_lookup_elem(&wishes, &cookie);
  if (before && was_refused(before, sk)) tell_refusal(before, kSignNextBind);

  introduce_process();
  struct Wish wish = {};
  wish.time_ns = bpf_ktime_get_boot_ns();
  fill_process(&wish.process, current_task());
  fill_socket(&wish.socket, sk);
  wish.socket.cookie = cookie;
  wish.socket.port = __builtin_bswap16((__u16)context->user_port);
  wish.socket.family = is_v6 ? 6 : 4;
  if (is_v6) {
    __u32 address[4] = {context->user_ip6[0], context->user_ip6[1], context->user_ip6[2],
                        context->user_ip6[3]};
    __builtin_memcpy(wish.socket.address, address, sizeof address);
  } else {
    __u32 address = context->user_ip4;
    __builtin_memcpy(wish.socket.address, &address, sizeof address);
  }
  wish.socket.flags |= kSocketIntentKnown;
  if (wish.socket.port != 0) wish.socket.flags |= kSocketPortNamed;
  if (lacks_privilege(sk, wish.socket.port)) wish.flags |= kRefusalPrivileged;
  if (wish.socket.port == 0 && puts_off_port(sk)) {
    if (before) bpf_map_delete_elem(&wishes, &cookie);
    return 1;
  }
  if (bpf_map_update_elem(&wishes, &cookie, &wish, BPF_ANY) != 0)
    __sync_fetch_and_add(&shared.full_wishes, 1);
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

static __always_inline int note_bound(struct bpf_sock* context) {
  __u32 protocol = context->protocol;
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return 1;
  __u64 cookie = bpf_get_socket_cookie(context);
  struct Wish* wish = bpf_map_lookup_elem(&wishes, &cookie);
  if (protocol == kProtocolUdp) {
    struct SocketRecord* record = begin_record(kRecordBind, sizeof *record);
    if (record) {
      fill_process(&record->header.process, current_task());
      fill_socket(&record->socket, (struct sock*)context);
      record->socket.cookie = cookie;
      // The lock that says who chose the port is set only after this hook.
      if (wish) record->socket.flags |= wish->socket.flags & (kSocketIntentKnown | kSocketPortNamed);
      end_record(record);
    }
    watch_process();
  }
  if (wish) bpf_map_delete_elem(&wishes, &cookie);
  return 1;
}

SEC("cgroup/post_bind4")
int bound4(struct bpf_sock* context) {
  return note_bound(context);
}

SEC("cgroup/post_bind6")
int bound6(struct bpf_sock* context) {
  return note_bound(context);
}

/// For every socket of the machine. One that was never bound, and that nobody listed, has no cookie.
SEC("cgroup/sock_release")
int released(struct bpf_sock* context) {
  struct sock* sk = (struct sock*)context;
  __u32 protocol = context->protocol;
  if (protocol == kProtocolMptcp)
    sk = BPF_CORE_READ((struct mptcp_sock*)sk, first);
  else if (protocol != kProtocolTcp && protocol != kProtocolUdp)
    return 1;
  __u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  if (cookie == 0) return 1;
  struct Wish* wish = bpf_map_lookup_elem(&wishes, &cookie);
  if (wish) {
    if (was_refused(wish, sk)) tell_refusal(wish, kSignRelease);
    bpf_map_delete_elem(&wishes, &cookie);
  }
  if (protocol == kProtocolUdp && BPF_CORE_READ(sk, __sk_common.skc_num) != 0)
    tell_end(kRecordRelease, sk, cookie);
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
  end_record(record);
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
  end_record(record);
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
  end_record(record);
  return 0;
}
