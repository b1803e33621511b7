// SPDX-License-Identifier: Apache-2.0
#pragma once

// What programs in the kernel need from the machine and from our rights, and what is wrong in words that an
// administrator can act on: the kernel itself says only "Operation not permitted".

#include <cstdint>
#include <optional>
#include <string>

namespace portwatch::sensor::bpf {

struct Conditions {
  std::string kernel;      ///< its release: "6.1.0-18-amd64"
  bool has_types = false;  ///< the kernel's type information (BTF) is there
  bool is_initial_pid_namespace = false;
  bool is_initial_user_namespace = false;
  bool is_initial_cgroup_namespace = false;
  std::uint64_t capabilities = 0;  ///< effective; bits as in capabilities(7)
  bool is_locked_down = false;     ///< kernel_lockdown(7) "confidentiality": no program may read the kernel
  std::optional<std::string> cgroup_root;  ///< where the root of version 2 is mounted
  bool has_cgroup_v1 = false;              ///< control groups of version 1 are mounted too
  std::string types_file;  ///< that tells the types instead of the kernel; empty: the kernel does

  bool operator==(const Conditions&) const = default;
};

/// `proc` and `sys` are where procfs and sysfs are mounted.
[[nodiscard]] Conditions read_conditions(const std::string& proc, const std::string& sys);

enum class Need : std::uint8_t {
  kTracing,       ///< programs that look: the iterator, tracepoints
  kControlGroup,  ///< programs of the root control group too
};

/// Why it cannot work, before it is tried; nothing when all seems well.
[[nodiscard]] std::optional<std::string> obstacle(const Conditions& conditions, Need need);

/// Why the kernel refused what was tried: its own error, with what is likely behind it.
[[nodiscard]] std::string explain(int os_errno, const Conditions& conditions);

}  // namespace portwatch::sensor::bpf
