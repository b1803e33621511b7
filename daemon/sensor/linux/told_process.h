// SPDX-License-Identifier: Apache-2.0
#pragma once

// A process as the kernel's programs tell it, in our vocabulary. Pure.

#include "common/base/time.h"
#include "common/model/process.h"
#include "daemon/sensor/linux/bpf/decode.h"

namespace portwatch::sensor {

/// Its control group, for parse_cgroup(); empty: it was not told whole.
[[nodiscard]] std::string text_of_cgroup(const bpf::ProcessTold& told);

/// All but the names of the user and the container, which are to be asked for. A path that lacks its
/// beginning starts with ".../". The executable's device and inode are left out: on some filesystems (btrfs,
/// overlayfs) the kernel has other numbers in memory than stat(2) shows, and a look would take that for
/// another program.
[[nodiscard]] model::Process process_of(const bpf::ProcessTold& told, base::Moment now);

/// What a process is from its fork to its exec: its parent's program, under a name of its own.
[[nodiscard]] model::Process forked_from(const model::Process& parent, const model::ProcessKey& child,
                                         base::Moment now);

}  // namespace portwatch::sensor
