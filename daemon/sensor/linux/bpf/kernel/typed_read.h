// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads through pointers whose type the verifier does not know. Each step is a call (bpf_probe_read_kernel),
// and those were half of what a bind cost. Since Linux 6.2 the verifier can be told the type: then a field is
// one load, which gives 0 where nothing can be read, as the call does. Kernels before refuse a program that
// names the function, on whatever path: so these programs are compiled twice, and the other ones are loaded
// then.

#include "daemon/sensor/linux/bpf/kernel/kernel_types.h"

#ifdef PORTWATCH_TYPED_READS

extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym;

/// Costs nothing: the verifier makes a copy of a register of it.
#define TYPED(pointer)                         \
  ((typeof(pointer))bpf_rdonly_cast((pointer), \
                                    __builtin_btf_type_id(*(typeof(pointer))0, BPF_TYPE_ID_TARGET)))

/// As BPF_CORE_READ: READ(sk, sk_socket, file) is sk->sk_socket->file.
#define READ(pointer, ...) ___arrow(TYPED(pointer), __VA_ARGS__)
#define READ_BITFIELD(pointer, field) BPF_CORE_READ_BITFIELD(TYPED(pointer), field)

#else

#define READ(pointer, ...) BPF_CORE_READ(pointer, __VA_ARGS__)
#define READ_BITFIELD(pointer, field) BPF_CORE_READ_BITFIELD_PROBED(pointer, field)

#endif
