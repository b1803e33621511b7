// SPDX-License-Identifier: Apache-2.0
#pragma once

// The few fields of the kernel's types that we read, by name: where they really lie is put in when the
// programs are loaded, from the kernel's own type information (BTF, CO-RE). Order and neighbours here mean
// nothing. A type with
// "___" in its name is a form of the type before it that other versions have. Known: 5.15 to 6.18.

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  __u32 val;
} kuid_t;

typedef struct {
  int counter;
} atomic_t;

typedef struct {
  __s64 counter;
} atomic64_t;

struct ns_common {
  unsigned int inum;
};

struct user_namespace {
  int level;
};

struct netns_ipv4 {
  int sysctl_ip_prot_sock;
};

struct net {
  struct ns_common ns;
  struct user_namespace* user_ns;
  struct netns_ipv4 ipv4;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct in6_addr {
  union {
    __u8 u6_addr8[16];
  } in6_u;
};

struct sock_common {
  __be32 skc_rcv_saddr;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  unsigned char skc_reuseport : 1;
  unsigned char skc_ipv6only : 1;
  int skc_bound_dev_if;
  possible_net_t skc_net;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
};

struct socket;

struct sock {
  struct sock_common __sk_common;
  struct socket* sk_socket;
  kuid_t sk_uid;
  __u8 sk_userlocks;
  __u16 sk_protocol;
  __u16 sk_type;
  __u32 sk_max_ack_backlog;
};

struct inet_sock {
  unsigned long inet_flags;
};

/// Before 6.6 the flags were fields.
struct inet_sock___fields {
  __u8 bind_address_no_port : 1;
};

struct tcp_sock {
  bool is_mptcp;
};

struct mptcp_sock {
  struct sock* first;
};

struct inode;

struct file;

struct socket {
  struct file* file;
  struct sock* sk;
};

struct super_block {
  __u32 s_dev;
};

struct inode {
  unsigned short i_mode;
  unsigned int i_nlink;
  struct super_block* i_sb;
  unsigned long i_ino;
};

struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};

struct qstr {
  const unsigned char* name;
};

struct hlist_bl_node {
  struct hlist_bl_node** pprev;
};

struct dentry {
  struct hlist_bl_node d_hash;
  struct dentry* d_parent;
  struct qstr d_name;
};

struct vfsmount {
  struct dentry* mnt_root;
};

struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
};

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};

struct file {
  struct path f_path;
  struct inode* f_inode;
  void* private_data;
};

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

struct fs_struct {
  struct path pwd;
};

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
  struct file* exe_file;
};

/// One number since 6.3, an array of words before: its address is all that we use.
typedef struct {
  __u64 val;
} kernel_cap_t;

struct cred {
  kuid_t euid;
  kernel_cap_t cap_effective;
  struct user_namespace* user_ns;
};

struct pid_namespace {
  struct ns_common ns;
};

struct upid {
  int nr;
  struct pid_namespace* ns;
};

struct pid {
  unsigned int level;
  struct upid numbers[1];
};

struct tty_struct {
  char name[64];
};

struct signal_struct {
  atomic_t live;
  int group_exit_code;
  unsigned int flags;
  struct pid* pids[4];
  struct tty_struct* tty;
};

struct nsproxy {
  struct net* net_ns;
};

struct kernfs_node {
  struct kernfs_node* __parent;
  const char* name;
  __u64 id;
};

/// Before 6.15.
struct kernfs_node___parent {
  struct kernfs_node* parent;
};

struct cgroup {
  struct kernfs_node* kn;
};

struct css_set {
  struct cgroup* dfl_cgrp;
};

struct task_struct {
  unsigned int flags;
  int exit_code;
  int pid;
  int tgid;
  __u64 start_boottime;
  __u64 self_exec_id;
  struct task_struct* group_leader;
  struct task_struct* real_parent;
  struct pid* thread_pid;
  const struct cred* cred;
  char comm[16];
  struct fs_struct* fs;
  struct files_struct* files;
  struct nsproxy* nsproxy;
  struct signal_struct* signal;
  struct mm_struct* mm;
  struct css_set* cgroups;
  kuid_t loginuid;
  unsigned int sessionid;
};

/// The context that programs of a control group are really given begins with the socket.
struct bpf_sock_addr_kern {
  struct sock* sk;
};

struct bpf_iter_meta {
  struct seq_file* seq;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

#pragma clang attribute pop

// Macros of the kernel, which its type information does not hold.
constexpr int kAfInet = 2;
constexpr int kAfInet6 = 10;
constexpr int kProtocolTcp = 6;
constexpr int kProtocolUdp = 17;
constexpr int kProtocolMptcp = 262;
constexpr int kSocketTypeRaw = 3;                  // SOCK_RAW: its number is a protocol, not a port
constexpr unsigned short kFileKind = 0170000;      // S_IFMT
constexpr unsigned short kFileIsSocket = 0140000;  // S_IFSOCK
constexpr int kStateEstablished = 1;
constexpr int kStateClose = 7;
constexpr int kStateListen = 10;
constexpr __u8 kBindAddressLock = 4;                  // SOCK_BINDADDR_LOCK
constexpr __u8 kBindPortLock = 8;                     // SOCK_BINDPORT_LOCK
constexpr int kBindAddressNoPortBit = 18;             // INET_FLAGS_BIND_ADDRESS_NO_PORT
constexpr unsigned int kTaskExiting = 0x4;            // PF_EXITING
constexpr unsigned int kTaskKernelThread = 0x200000;  // PF_KTHREAD
constexpr unsigned int kSignalGroupExit = 0x4;        // SIGNAL_GROUP_EXIT
constexpr int kSessionPid = 3;                        // PIDTYPE_SID
constexpr int kCapNetBindService = 10;                // CAP_NET_BIND_SERVICE
