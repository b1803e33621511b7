// SPDX-License-Identifier: Apache-2.0
// Every socket that holds a port, with who holds it, in all network namespaces: one pass over the open files
// of all tasks.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline bool is_port_holder(struct sock* sk, __u16 protocol) {
  __u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
  if (protocol == kProtocolUdp) return state == kStateClose && BPF_CORE_READ(sk, __sk_common.skc_num) != 0;
  return state == kStateListen || (state == kStateClose && BPF_CORE_READ(sk, __sk_common.skc_num) != 0);
}

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file* context) {
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  if (!sk) return 0;
  __u16 family = sk->__sk_common.skc_family;
  if (family != kAfInet && family != kAfInet6) return 0;
  __u16 protocol = sk->sk_protocol;
  bool is_mptcp = protocol == kProtocolMptcp;
  // The socket of MPTCP listens by its first subflow: that is the one which events name.
  if (is_mptcp) {
    sk = BPF_CORE_READ((struct mptcp_sock*)sk, first);
    if (!sk) return 0;
    protocol = kProtocolTcp;
  }
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return 0;
  if (!is_port_holder(sk, protocol)) return 0;

  struct DescriptorRow row = {};
  row.holder.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
  row.holder.exec_id = BPF_CORE_READ(task, self_exec_id);
  row.holder.pid = BPF_CORE_READ(task, tgid);
  row.holder.uid = BPF_CORE_READ(task, cred, euid.val);
  row.descriptor = context->fd;
  fill_listener(&row.socket, sk);
  row.socket.protocol = protocol;
  if (protocol == kProtocolUdp) row.socket.backlog = 0;
  if (is_mptcp) {
    row.socket.flags |= kSocketMptcp;
    row.socket.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  } else {
    row.socket.cookie = bpf_get_socket_cookie(socket->sk);
  }
  if (BPF_CORE_READ(sk, __sk_common.skc_state) == kStateListen) row.socket.flags |= kSocketListening;
  bpf_seq_write(context->meta->seq, &row, sizeof row);
  return 0;
}
