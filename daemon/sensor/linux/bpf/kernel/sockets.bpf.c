// SPDX-License-Identifier: Apache-2.0
// Every socket that holds a port, with who holds it, in all network namespaces: one pass over the open files
// of all tasks.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

char LICENSE[] SEC("license") = "GPL";

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file* context) {
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  if (!sk) return 0;
  bool is_mptcp = sk->sk_protocol == kProtocolMptcp;
  struct sock* port_socket = port_socket_of(sk);
  if (!port_socket) return 0;
  __u16 protocol = BPF_CORE_READ(port_socket, sk_protocol);
  if (!is_port_holder(port_socket, protocol)) return 0;

  struct DescriptorRow row = {};
  row.holder.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
  row.holder.exec_id = BPF_CORE_READ(task, self_exec_id);
  row.holder.pid = BPF_CORE_READ(task, tgid);
  row.holder.uid = BPF_CORE_READ(task, cred, euid.val);
  row.descriptor = context->fd;
  fill_listener(&row.socket, port_socket);
  if (protocol == kProtocolUdp) row.socket.backlog = 0;
  if (is_mptcp) {
    row.socket.flags |= kSocketMptcp;
    row.socket.cookie = BPF_CORE_READ(port_socket, __sk_common.skc_cookie.counter);
  } else {
    row.socket.cookie = bpf_get_socket_cookie(sk);
  }
  if (BPF_CORE_READ(port_socket, __sk_common.skc_state) == kStateListen) row.socket.flags |= kSocketListening;
  bpf_seq_write(context->meta->seq, &row, sizeof row);
  return 0;
}
