// SPDX-License-Identifier: Apache-2.0
// Every socket that holds a port, with who holds it, in all network namespaces: one pass over the open files
// of all tasks.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"
#include "daemon/sensor/linux/bpf/kernel/port_sockets.h"
#include "daemon/sensor/linux/bpf/kernel/socket_facts.h"

char LICENSE[] SEC("license") = "GPL";

/// Set before a pass: then it gives every socket with this local port instead, also those that have a peer.
__u32 wanted_port;

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file* context) {
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  struct sock* port_socket = port_socket_of(sk);
  if (!port_socket) return 0;
  __u16 protocol = BPF_CORE_READ(port_socket, sk_protocol);
  if (wanted_port != 0) {
    if (BPF_CORE_READ(port_socket, __sk_common.skc_num) != wanted_port) return 0;
  } else if (!is_port_holder(port_socket, protocol)) {
    return 0;
  }

  struct DescriptorRow row = {};
  row.holder.start_ns = task->group_leader->start_boottime;
  row.holder.exec_id = task->self_exec_id;
  row.holder.pid = task->tgid;
  row.holder.uid = task->cred->euid.val;
  row.descriptor = context->fd;
  fill_unknown_listener(&row.socket, port_socket, port_socket != sk);
  // One that nobody asked for yet is made for sk; the subflow that listens has one since then, if events are
  // told.
  row.socket.cookie = port_socket == sk ? bpf_get_socket_cookie(sk)
                                        : BPF_CORE_READ(port_socket, __sk_common.skc_cookie.counter);
  if (protocol == kProtocolUdp) row.socket.backlog = 0;
  __u8 state = BPF_CORE_READ(port_socket, __sk_common.skc_state);
  if (state == kStateListen)
    row.socket.flags |= kSocketListening;
  else if (state != kStateClose)
    row.socket.flags |= kSocketConnected;
  bpf_seq_write(context->meta->seq, &row, sizeof row);
  return 0;
}
