// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/conditions.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_pid.h"

namespace portwatch::sensor::bpf {
namespace {

// linux/proc_ns.h: the inodes of the namespaces that the machine starts with.
constexpr std::uint64_t kInitialCgroupNamespace = 0xEFFFFFFB;
constexpr std::uint64_t kInitialPidNamespace = 0xEFFFFFFC;
constexpr std::uint64_t kInitialUserNamespace = 0xEFFFFFFD;

constexpr std::size_t kMaxMounts = 1024 * 1024;

std::string read_text(const std::string& path) {
  std::array<char, 8192> buffer;
  const auto text = read_file(AT_FDCWD, path.c_str(), buffer);
  return text ? std::string(*text) : std::string();
}

bool is_namespace(const std::string& proc, std::string_view kind, std::uint64_t initial) {
  std::array<char, PATH_MAX> buffer;
  const auto link = read_link(AT_FDCWD, fmt::format("{}/self/ns/{}", proc, kind).c_str(), buffer);
  if (!link) return false;
  return parse_namespace_link(kind, *link) == initial;
}

std::uint64_t effective_capabilities(std::string_view status) {
  constexpr std::string_view kField = "CapEff:";
  for (const std::string_view line : base::split(status, '\n')) {
    if (!line.starts_with(kField)) continue;
    const std::string_view digits = base::trim(line.substr(kField.size()));
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
  }
  return 0;
}

/// From mountinfo (proc(5)): "36 35 98:0 /root /mount options - type source options".
std::optional<std::string> find_cgroup_root(std::string_view mounts) {
  for (const std::string_view line : base::split(mounts, '\n')) {
    const std::size_t separator = line.find(" - cgroup2 ");
    if (separator == std::string_view::npos) continue;
    const auto fields = base::split(line.substr(0, separator), ' ');
    constexpr std::size_t kRoot = 3;
    constexpr std::size_t kMountPoint = 4;
    if (fields.size() > kMountPoint && fields[kRoot] == "/") return std::string(fields[kMountPoint]);
  }
  return std::nullopt;
}

bool has(const Conditions& conditions, unsigned capability) {
  return (conditions.capabilities >> capability & 1U) != 0;
}

std::vector<std::string_view> missing_capabilities(const Conditions& conditions, Need need) {
  std::vector<std::string_view> missing;
  const bool is_admin = has(conditions, CAP_SYS_ADMIN);
  if (!is_admin && !has(conditions, CAP_BPF)) missing.emplace_back("CAP_BPF");
  if (!is_admin && !has(conditions, CAP_PERFMON)) missing.emplace_back("CAP_PERFMON");
  if (need == Need::kControlGroup && !has(conditions, CAP_NET_ADMIN)) missing.emplace_back("CAP_NET_ADMIN");
  return missing;
}

}  // namespace

Conditions read_conditions(const std::string& proc, const std::string& sys) {
  const auto mounts = read_whole_file(AT_FDCWD, (proc + "/self/mountinfo").c_str(), kMaxMounts);
  return {.kernel = std::string(base::trim(read_text(proc + "/sys/kernel/osrelease"))),
          .has_types = ::access((sys + "/kernel/btf/vmlinux").c_str(), R_OK) == 0,
          .is_initial_pid_namespace = is_namespace(proc, "pid", kInitialPidNamespace),
          .is_initial_user_namespace = is_namespace(proc, "user", kInitialUserNamespace),
          .is_initial_cgroup_namespace = is_namespace(proc, "cgroup", kInitialCgroupNamespace),
          .capabilities = effective_capabilities(read_text(proc + "/thread-self/status")),
          .is_locked_down =
              read_text(sys + "/kernel/security/lockdown").find("[confidentiality]") != std::string::npos,
          .cgroup_root = mounts ? find_cgroup_root(*mounts) : std::nullopt,
          .has_cgroup_v1 = mounts && mounts->find(" - cgroup ") != std::string::npos};
}

std::optional<std::string> obstacle(const Conditions& conditions, Need need) {
  if (!conditions.has_types)
    return fmt::format(
        "the kernel {} does not tell its types (no /sys/kernel/btf/vmlinux): it was built without "
        "CONFIG_DEBUG_INFO_BTF, or is older than 5.4",
        conditions.kernel);
  if (!conditions.is_initial_pid_namespace)
    return "portwatchd runs in a pid namespace (a container), where the kernel's pids are not the ones that "
           "it sees";
  if (!conditions.is_initial_user_namespace)
    return "portwatchd runs in a user namespace (a container without root's rights): the kernel takes "
           "programs from "
           "outside only";
  if (const auto missing = missing_capabilities(conditions, need); !missing.empty())
    return fmt::format("portwatchd lacks {} (SECURITY.md says what each is for)", fmt::join(missing, ", "));
  if (conditions.is_locked_down)
    return "the kernel is locked down (\"confidentiality\"): no program may read its memory";
  if (need == Need::kTracing) return std::nullopt;
  if (!conditions.is_initial_cgroup_namespace)
    return "portwatchd runs in a cgroup namespace (a container): it could see its own control groups alone";
  if (!conditions.cgroup_root)
    return "no control groups of version 2 are mounted: mount -t cgroup2 none /sys/fs/cgroup/unified";
  return std::nullopt;
}

std::string explain(int os_errno, const Conditions& conditions) {
  const std::string plain = base::fail_os("the kernel said", os_errno).error().message;
  switch (os_errno) {
    case EPERM:
    case EACCES:
      return plain + " (a capability is missing, or a security module forbids programs in the kernel)";
    case EBUSY: return plain + " (another program of the root control group lets nobody beside it)";
    case EINVAL:
    case E2BIG:
    case ENOENT:
    case ESRCH:
    case ENOTSUP:
      return fmt::format(
          "{} (the kernel {} lacks what this program needs; 5.15 or later is expected to have it)", plain,
          conditions.kernel);
    case ENOMEM: return plain + " (not enough memory for the ring, or locked memory is limited)";
    default: return plain;
  }
}

}  // namespace portwatch::sensor::bpf
