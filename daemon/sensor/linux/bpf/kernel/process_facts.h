// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a process is: told in a record of its own, once for each image of a process, when it first does
// something that we tell. At its end it is too late: memory and executable are gone before its files are
// closed.

#include "daemon/sensor/linux/bpf/kernel/maps.h"
#include "daemon/sensor/linux/bpf/kernel/path_walk.h"

/// Its fields can be read without calls.
static __always_inline struct task_struct* current_task(void) {
  return bpf_get_current_task_btf();
}

static __always_inline void fill_image(struct Image* image, struct task_struct* task) {
  image->start_ns = task->group_leader->start_boottime;
  image->exec_id = task->self_exec_id;
}

static __always_inline void fill_process(struct ProcessRef* process, struct task_struct* task) {
  process->start_ns = task->group_leader->start_boottime;
  process->exec_id = task->self_exec_id;
  process->pid = task->tgid;
  process->uid = task->cred->euid.val;
}

static __always_inline __u32 executable_facts(struct ProcessRecord* record, struct file* file) {
  record->executable_size = 0;
  record->executable_inode = 0;
  record->executable_device = 0;
  if (!file) return 0;
  struct inode* inode = BPF_CORE_READ(file, f_inode);
  record->executable_inode = BPF_CORE_READ(inode, i_ino);
  record->executable_device = BPF_CORE_READ(inode, i_sb, s_dev);
  struct dentry* dentry = BPF_CORE_READ(file, f_path.dentry);
  struct Walk walk = walk_path(record->executable, kExecutableSize, dentry, BPF_CORE_READ(file, f_path.mnt));
  record->executable_size = walk.size;
  __u32 flags = kProcessExecutableKnown;
  if (walk.is_truncated) flags |= kProcessExecutableTruncated;
  if (walk.is_nameless) flags |= kProcessExecutableNameless;
  if (is_unlinked(dentry) || BPF_CORE_READ(inode, i_nlink) == 0) flags |= kProcessExecutableUnlinked;
  return flags;
}

static __always_inline __u32 directory_facts(struct ProcessRecord* record, struct task_struct* task) {
  record->directory_size = 0;
  struct fs_struct* fs = BPF_CORE_READ(task, fs);
  if (!fs) return 0;
  struct dentry* dentry = BPF_CORE_READ(fs, pwd.dentry);
  struct Walk walk = walk_path(record->directory, kDirectorySize, dentry, BPF_CORE_READ(fs, pwd.mnt));
  record->directory_size = walk.size;
  __u32 flags = kProcessDirectoryKnown;
  if (walk.is_truncated) flags |= kProcessDirectoryTruncated;
  if (is_unlinked(dentry)) flags |= kProcessDirectoryUnlinked;
  return flags;
}

/// Of the calling process alone: the memory is read where it is.
static __always_inline __u32 argument_facts(struct ProcessRecord* record, struct mm_struct* memory) {
  record->arguments_size = 0;
  if (!memory) return 0;
  unsigned long begin = BPF_CORE_READ(memory, arg_start);
  unsigned long size = BPF_CORE_READ(memory, arg_end) - begin;
  __u32 flags = kProcessArgumentsKnown;
  if (size > kArgumentsSize) {
    size = kArgumentsSize;
    flags |= kProcessArgumentsTruncated;
  }
  if (size == 0) return flags;
  if (bpf_probe_read_user(record->arguments, size, (void*)begin) != 0) return 0;
  record->arguments_size = size;
  return flags;
}

static __always_inline __u32 cgroup_facts(struct ProcessRecord* record, struct task_struct* task) {
  record->cgroup_id = 0;
  record->cgroup_size = 0;
  struct kernfs_node* node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  if (!node) return 0;
  record->cgroup_id = BPF_CORE_READ(node, id);
  struct Walk walk = walk_cgroup(record->cgroup, kCgroupSize, node);
  record->cgroup_size = walk.size;
  return walk.is_truncated ? kProcessCgroupKnown | kProcessCgroupTruncated : kProcessCgroupKnown;
}

static __always_inline __u32 ancestor_facts(struct ProcessRecord* record, struct task_struct* task) {
  __u32 count = 0;
  struct task_struct* parent = BPF_CORE_READ(task, group_leader, real_parent, group_leader);
  for (; count < kAncestors; ++count) {
    struct AncestorFacts* ancestor = &record->ancestors[count];
    ancestor->pid = BPF_CORE_READ(parent, tgid);
    if (ancestor->pid == 0) break;
    ancestor->start_ns = BPF_CORE_READ(parent, start_boottime);
    ancestor->reserved = 0;
    BPF_CORE_READ_INTO(&ancestor->name, parent, comm);
    parent = BPF_CORE_READ(parent, real_parent, group_leader);
  }
  record->ancestor_count = count;
  return count == kAncestors && BPF_CORE_READ(parent, tgid) != 0 ? kProcessAncestorsTruncated : 0;
}

static __always_inline __u32 login_facts(struct ProcessRecord* record, struct task_struct* task) {
  record->login_uid = 0;
  record->audit_session = 0;
  if (!bpf_core_field_exists(task->loginuid)) return 0;
  record->login_uid = BPF_CORE_READ(task, loginuid.val);
  record->audit_session = BPF_CORE_READ(task, sessionid);
  return record->login_uid == (__u32)-1 ? 0 : kProcessLoginKnown;
}

static __always_inline void namespace_facts(struct ProcessRecord* record, struct task_struct* task) {
  struct pid* pid = BPF_CORE_READ(task, group_leader, thread_pid);
  struct upid* inner = (void*)pid + bpf_core_field_offset(struct pid, numbers) +
                       (__u64)BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);
  record->inner_pid = BPF_CORE_READ(inner, nr);
  record->pid_namespace = BPF_CORE_READ(inner, ns, ns.inum);
  record->net_namespace = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

/// Not static: so the verifier looks at it once for each program, not once for each way that leads here.
__noinline int tell_process(void) {
  struct ProcessRecord* record = begin_record(kRecordProcess, sizeof *record);
  if (!record) return 0;
  struct task_struct* task = current_task();
  struct mm_struct* memory = BPF_CORE_READ(task, mm);
  fill_process(&record->header.process, task);
  record->reserved = 0;
  BPF_CORE_READ_INTO(&record->name, task, group_leader, comm);
  struct signal_struct* signal = BPF_CORE_READ(task, signal);
  struct pid* session = BPF_CORE_READ(signal, pids[kSessionPid]);
  record->session = BPF_CORE_READ(session, numbers[0].nr);
  __builtin_memset(record->terminal, 0, sizeof record->terminal);
  struct tty_struct* terminal = BPF_CORE_READ(signal, tty);
  if (terminal) bpf_probe_read_kernel_str(record->terminal, sizeof record->terminal, &terminal->name);
  namespace_facts(record, task);
  __u32 flags = executable_facts(record, BPF_CORE_READ(memory, exe_file));
  flags |= directory_facts(record, task);
  flags |= argument_facts(record, memory);
  flags |= cgroup_facts(record, task);
  flags |= ancestor_facts(record, task);
  flags |= login_facts(record, task);
  if (BPF_CORE_READ(task, flags) & kTaskKernelThread) flags |= kProcessKernelThread;
  record->flags = flags;
  end_record(record, kRecordProcess);
  return 1;
}

/// Tells who the calling process is, unless that is known already.
static __always_inline void introduce_process(void) {
  struct task_struct* task = current_task();
  struct ToldSlot* slot = told_slot(task->tgid);
  if (!slot || is_told(slot, task) || !tell_process()) return;
  // Another process may do the same here: the mixture fits neither, and both are told again.
  slot->is_watched = 0;
  slot->pid = task->tgid;
  fill_image(&slot->image, task);
}

/// From now on exec, fork and exit of the calling process are told.
static __always_inline void watch_process(void) {
  struct task_struct* task = current_task();
  __u32 pid = task->tgid;
  struct ToldSlot* slot = told_slot(pid);
  bool is_known = slot && is_told(slot, task);
  if (is_known && slot->is_watched) return;
  struct Image image;
  fill_image(&image, task);
  if (bpf_map_update_elem(&holders, &pid, &image, BPF_ANY) != 0)
    __sync_fetch_and_add(&shared.full_holders, 1);
  else if (is_known)
    slot->is_watched = 1;
}
