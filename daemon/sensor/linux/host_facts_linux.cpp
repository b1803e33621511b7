// SPDX-License-Identifier: Apache-2.0
// What the machine is like, from procfs (random(4), ip(7), namespaces(7)), sysfs and getifaddrs(3).
#include <array>

#include <fcntl.h>
#include <linux/limits.h>

#include "common/base/text.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/interfaces.h"
#include "daemon/sensor/linux/machine_hash.h"
#include "daemon/sensor/linux/make_sensor.h"
#include "daemon/sensor/linux/proc_pid.h"

namespace portwatch::sensor {
namespace {

constexpr std::uint64_t kInitialPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, linux/proc_ns.h

std::optional<model::PortRange> parse_port_range(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view line : base::split(base::trim(text), '\t'))
    if (const auto number = base::parse_u64(base::trim(line)); number && *number <= 65535)
      numbers.push_back(*number);
  if (numbers.size() != 2 || numbers[0] > numbers[1]) return std::nullopt;
  return model::PortRange{base::Port{static_cast<std::uint16_t>(numbers[0])},
                          base::Port{static_cast<std::uint16_t>(numbers[1])}};
}

std::optional<std::uint64_t> read_namespace(const std::string& proc, std::string_view kind) {
  std::array<char, PATH_MAX> buffer;
  const auto link = read_link(AT_FDCWD, (proc + "/self/ns/" + std::string(kind)).c_str(), buffer);
  return link ? parse_namespace_link(kind, *link) : std::nullopt;
}

}  // namespace

base::Result<model::HostFacts> read_host_facts(const std::string& proc) {
  std::array<char, 256> buffer;
  model::HostFacts facts;
  const std::string boot_id_path = proc + "/sys/kernel/random/boot_id";
  const auto boot_id = read_file(AT_FDCWD, boot_id_path.c_str(), buffer);
  if (!boot_id) return base::fail_os("cannot read which boot this is from " + boot_id_path, boot_id.error());
  facts.boot_id = base::trim(*boot_id);
  if (facts.boot_id.empty()) return base::fail(base::ErrorCode::kCorrupt, boot_id_path + " is empty");

  const auto netns = read_namespace(proc, "net");
  if (!netns)
    return base::fail(base::ErrorCode::kUnavailable,
                      "cannot read our network namespace from " + proc + "/self/ns/net");
  facts.netns = base::Netns{*netns};
  facts.is_initial_pid_namespace =
      read_namespace(proc, "pid").value_or(kInitialPidNamespace) == kInitialPidNamespace;

  const auto range = read_file(AT_FDCWD, (proc + "/sys/net/ipv4/ip_local_port_range").c_str(), buffer);
  if (range) facts.dynamic_ports = parse_port_range(*range).value_or(facts.dynamic_ports);
  facts.machine_hash = read_machine_hash();
  facts.interfaces = read_interfaces("/sys/class/net");
  return facts;
}

}  // namespace portwatch::sensor
