// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads through pointers whose type the verifier does not know. Since Linux 6.2 it can be told the type: then
// a field is one load, which gives 0 where nothing can be read, as the call does. Before, each step is a call
// (bpf_probe_read_kernel), and those were half of what a bind cost.

#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

/// Came with the function itself.
enum btf_kfunc_hook {
  BTF_KFUNC_HOOK_COMMON,
};

extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym __weak;

/// A constant when the program is loaded: the other way is not even looked at by the verifier.
#define CAN_TYPE() (bpf_core_enum_value_exists(enum btf_kfunc_hook, BTF_KFUNC_HOOK_COMMON))

/// Costs nothing: the verifier makes a copy of a register of it.
#define TYPED(pointer)                         \
  ((typeof(pointer))bpf_rdonly_cast((pointer), \
                                    __builtin_btf_type_id(*(typeof(pointer))0, BPF_TYPE_ID_TARGET)))

/// As BPF_CORE_READ: READ(sk, sk_socket, file) is sk->sk_socket->file.
#define READ(pointer, ...) \
  (CAN_TYPE() ? ___arrow(TYPED(pointer), __VA_ARGS__) : BPF_CORE_READ(pointer, __VA_ARGS__))

#define READ_BITFIELD(pointer, field) \
  (CAN_TYPE() ? BPF_CORE_READ_BITFIELD(TYPED(pointer), field) : BPF_CORE_READ_BITFIELD_PROBED(pointer, field))
