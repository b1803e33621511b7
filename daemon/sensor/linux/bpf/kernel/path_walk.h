// SPDX-License-Identifier: Apache-2.0
#pragma once

// Paths, as lists of names with the last one first, because a tree is walked from its leaves. Walks are
// bounded, and what does not fit is left out at the root's end. bpf_d_path() may not be called from our
// hooks.

#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

constexpr int kWalkSteps = 40;
constexpr __u32 kLongestName = 256;  // NAME_MAX, and the NUL

struct Walk {
  __u32 size;
  bool is_truncated;
  bool is_nameless;  ///< the file never had a place in a tree
};

/// Adds a name at `at`. Gives where the next one goes, or 0 when it does not fit.
static __always_inline __u32 add_name(char* area, __u32 area_size, __u32 at, const void* name) {
  if (at > area_size - kLongestName) return 0;
  long length = bpf_probe_read_kernel_str(area + at, kLongestName, name);
  if (length <= 0 || length > kLongestName) return 0;
  return at + (__u32)length;
}

/// The path that d_path() would show to the root of the tree of mounts. `area_size` is a constant above 2 *
/// kLongestName.
static __always_inline struct Walk walk_path(char* area, __u32 area_size, struct dentry* dentry,
                                             struct vfsmount* vfs) {
  struct Walk walk = {.is_truncated = true};
  struct mount* mount = (void*)vfs - bpf_core_field_offset(struct mount, mnt);
  struct dentry* mount_root = BPF_CORE_READ(mount, mnt.mnt_root);
  __u32 at = 0;
  for (int i = 0; i < kWalkSteps; ++i) {
    if (dentry == mount_root) {
      struct mount* parent = BPF_CORE_READ(mount, mnt_parent);
      if (parent == mount) {
        walk.is_truncated = false;
        break;
      }
      dentry = BPF_CORE_READ(mount, mnt_mountpoint);
      mount = parent;
      mount_root = BPF_CORE_READ(mount, mnt.mnt_root);
      continue;
    }
    struct dentry* parent = BPF_CORE_READ(dentry, d_parent);
    if (parent == dentry) {
      walk.is_truncated = false;
      walk.is_nameless = i == 0;
      if (i == 0) at = add_name(area, area_size, at, BPF_CORE_READ(dentry, d_name.name));
      break;
    }
    __u32 next = add_name(area, area_size, at, BPF_CORE_READ(dentry, d_name.name));
    if (next == 0) break;
    at = next;
    dentry = parent;
  }
  walk.size = at;
  return walk;
}

static __always_inline bool is_unlinked(struct dentry* dentry) {
  return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

static __always_inline struct kernfs_node* parent_of(struct kernfs_node* node) {
  if (bpf_core_field_exists(node->__parent)) return BPF_CORE_READ(node, __parent);
  return BPF_CORE_READ((struct kernfs_node___parent*)node, parent);
}

/// The path of a control group.
static __always_inline struct Walk walk_cgroup(char* area, __u32 area_size, struct kernfs_node* node) {
  struct Walk walk = {.is_truncated = true};
  __u32 at = 0;
  for (int i = 0; i < kWalkSteps; ++i) {
    struct kernfs_node* parent = parent_of(node);
    if (!parent) {
      walk.is_truncated = false;
      break;
    }
    __u32 next = add_name(area, area_size, at, BPF_CORE_READ(node, name));
    if (next == 0) break;
    at = next;
    node = parent;
  }
  walk.size = at;
  return walk;
}
