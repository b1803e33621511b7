// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/make_sensor.h"

#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "daemon/sensor/linux/connection_finder.h"
#include "daemon/sensor/linux/event_tier.h"
#include "daemon/sensor/linux/guarded.h"
#include "daemon/sensor/linux/guarded_sensor.h"
#include "daemon/sensor/linux/linux_sensor.h"
#include "daemon/sensor/linux/netlink_tables.h"
#include "daemon/sensor/linux/proc_net_tables.h"

namespace portwatch::sensor {
namespace {

constexpr std::string_view kSwitchedOff = "switched off by configuration";

base::Status try_table(TableSource& source, net::Protocol protocol) {
  std::vector<SocketRow> rows;
  return source.read(protocol, rows);
}

std::vector<std::string> blind_spots_of_looks(bool looks_once) {
  std::vector<std::string> spots{
      "only the network namespace that the daemon lives in is watched: the inside of containers is not",
      "whether a program named its port or let the kernel choose is not known for ports in the dynamic "
      "range"};
  if (!looks_once)
    spots.insert(spots.begin(), "a listener that opens and closes again between two looks is missed");
  return spots;
}

/// Both name sockets by their cookies, so the looks need these tables.
base::Result<std::unique_ptr<interface::Sensor>> try_events(const Options& options) {
  if (!options.use_events) return base::fail(base::ErrorCode::kUnavailable, options.why_no_events);
  if (!options.use_netlink) return base::fail(base::ErrorCode::kUnavailable, std::string(kSwitchedOff));
  NetlinkTables netlink;
  for (const net::Protocol protocol : kTableProtocols)
    if (auto status = try_table(netlink, protocol); !status)
      return std::unexpected(std::move(status).error());
  return make_event_sensor(options.proc, options.patience);
}

/// A sensor shares nothing with the one before: that may still use its sources.
GuardedSensor::Make looks_with(LinuxSensor::Parts parts, std::map<net::Protocol, bool> uses_netlink) {
  return [parts = std::move(parts), uses_netlink = std::move(uses_netlink)](std::shared_ptr<Visits> visits) {
    const auto netlink = std::make_shared<NetlinkTables>();
    const auto proc_net = std::make_shared<ProcNetTables>(parts.proc.path());
    LinuxSensor::Parts fresh = parts;
    fresh.proc = Procfs(parts.proc.path(), std::move(visits));
    for (const auto& [protocol, is_netlink] : uses_netlink) {
      fresh.tables.push_back({.protocol = protocol, .source = proc_net});
      if (is_netlink) fresh.tables.back().source = netlink;
    }
    return std::make_shared<LinuxSensor>(std::move(fresh));
  };
}

}  // namespace

base::Result<std::unique_ptr<interface::Sensor>> make_sensor(Options options) {
  auto events = try_events(options);
  if (events) return events;
  LinuxSensor::Parts parts{.proc = options.proc, .revisit_descriptors = options.revisit_descriptors};
  parts.info.blind_spots = blind_spots_of_looks(options.looks_once);
  NetlinkTables netlink;
  ProcNetTables proc_net(options.proc);
  std::map<net::Protocol, bool> is_netlink;
  bool uses_netlink = false;
  bool uses_proc_net = false;
  std::string netlink_problem{kSwitchedOff};
  std::string problems;

  for (const net::Protocol protocol : kTableProtocols) {
    const base::Status netlink_status = options.use_netlink
                                            ? try_table(netlink, protocol)
                                            : base::fail(base::ErrorCode::kUnavailable, netlink_problem);
    const base::Status proc_status = netlink_status ? base::Status{} : try_table(proc_net, protocol);
    if (!netlink_status) netlink_problem = netlink_status.error().message;
    if (!proc_status)
      problems += (problems.empty() ? "" : "; ") + netlink_problem + "; " + proc_status.error().message;
    uses_netlink = uses_netlink || netlink_status;
    uses_proc_net = uses_proc_net || (!netlink_status && proc_status);
    is_netlink[protocol] = netlink_status.has_value();
  }
  if (!uses_netlink && !uses_proc_net)
    return base::fail(base::ErrorCode::kUnavailable, "no socket table can be read: " + problems);

  parts.info.name = uses_netlink ? "sock_diag" : "proc_net";
  parts.info.summary =
      uses_netlink ? "asks the kernel for listening sockets (NETLINK_SOCK_DIAG), and /proc for their owners"
                   : "reads the socket tables in /proc/net, and /proc for their owners";
  parts.info.skipped.push_back({.name = "bpf", .reason = events.error().message});
  if (uses_proc_net) {
    if (!uses_netlink) {
      parts.info.skipped.push_back({.name = "sock_diag", .reason = netlink_problem});
    } else {
      parts.info.blind_spots.push_back("one of the protocols has no NETLINK_SOCK_DIAG table (" +
                                       netlink_problem + ") and is read from /proc/net");
    }
    parts.info.blind_spots.emplace_back(
        "/proc/net names sockets by an inode that can be used again, and does not tell the device a socket "
        "is bound to or "
        "whether it is for IPv6 only");
  }
  return std::make_unique<GuardedSensor>(WaitBook::make(options.proc), options.patience,
                                         looks_with(std::move(parts), std::move(is_netlink)));
}

ConnectionQuestion make_connection_question(const Options& options) {
  const auto finder = std::make_shared<Guarded<ConnectionFinder>>(
      WaitBook::make(options.proc), options.patience, [proc = options.proc](std::shared_ptr<Visits> visits) {
        return std::make_shared<ConnectionFinder>(Procfs(proc, std::move(visits)));
      });
  return [finder,
          mutex = std::make_shared<std::mutex>()](base::Port port) -> base::Result<model::ConnectionList> {
    const std::scoped_lock lock(*mutex);
    auto found = finder->run([port](ConnectionFinder& one) { return one.find(port); });
    if (found) return *std::move(found);
    return base::fail(base::ErrorCode::kUnavailable,
                      "a process kept whoever looks into it waiting; ask again, it is left alone now");
  };
}

}  // namespace portwatch::sensor
