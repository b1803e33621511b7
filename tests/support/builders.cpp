// SPDX-License-Identifier: Apache-2.0
#include "tests/support/builders.h"

#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/net/scope.h"

namespace portwatch::test {
namespace {

using namespace std::chrono_literals;

std::string file_name(std::string_view path) {
  return std::string(base::split(path, '/').back());
}

model::Exposure exposure_of(const net::IpAddress& address) {
  switch (net::scope_of(address)) {
    case net::Scope::kLoopback: return model::Exposure::kLoopback;
    case net::Scope::kLink: return model::Exposure::kLink;
    case net::Scope::kPrivate: return model::Exposure::kLan;
    case net::Scope::kWildcard: return model::Exposure::kAny;
    case net::Scope::kMulticast:
    case net::Scope::kPublic: return model::Exposure::kPublic;
  }
  return model::Exposure::kPublic;
}

model::EventTime polled_at(base::Micros since_boot) {
  return {.at = utc_at(since_boot),
          .earliest = utc_at(since_boot - 1s),
          .boot = boot_at(since_boot),
          .precision = model::Precision::kPoll};
}

}  // namespace

net::Endpoint make_endpoint(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.rfind(':');
  PW_ASSERT(slash != std::string_view::npos && colon < slash);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto address = net::IpAddress::parse(host);
  const auto port = base::parse_u64(text.substr(colon + 1, slash - colon - 1));
  const auto protocol = base::enum_from_name<net::Protocol>(text.substr(slash + 1));
  PW_ASSERT(address && port && *port <= 65535 && protocol);
  return {.protocol = *protocol, .address = *address, .port = {static_cast<std::uint16_t>(*port)}};
}

model::Process make_process(std::int32_t pid, std::string exe, std::vector<std::string> argv) {
  model::Process process;
  process.key = {.pid = {pid}, .start = boot_at(60s)};
  process.started_at = utc_at(60s);
  process.name = file_name(exe).substr(0, 15);
  process.exe =
      model::Executable{.path = std::move(exe), .file = model::FileId{.device = 2049, .inode = 131073}};
  process.argv = std::move(argv);
  process.cwd = "/home/ana/demo";
  process.uid = base::Uid{1000};
  process.user = "ana";
  process.login = {.uid = base::Uid{1000}, .user = "ana"};
  process.ancestors = {{.pid = {900}, .start = boot_at(30s), .name = "bash"},
                       {.pid = {1}, .start = boot_at(0s), .name = "systemd"}};
  return process;
}

model::Process make_process(std::int32_t pid) {
  return make_process(pid, "/usr/bin/python3.11", {"python3", "-m", "http.server"});
}

model::SocketRecord make_socket(std::string_view endpoint, std::uint64_t cookie) {
  model::SocketRecord socket;
  socket.netns = kNetns;
  socket.id = {.kind = model::SocketId::Kind::kCookie, .value = cookie};
  socket.inode = 50'000 + cookie;
  socket.endpoint = make_endpoint(endpoint);
  if (socket.endpoint.address.family() == net::Family::kIpv6 && socket.endpoint.address.is_wildcard())
    socket.is_v6only = false;
  socket.uid = {1000};
  return socket;
}

model::Sighting make_sighting(model::SocketRecord socket, std::vector<model::ProcessRef> owners) {
  model::Sighting sighting{.socket = std::move(socket), .owners = std::move(owners)};
  if (sighting.owners.size() == 1) sighting.attribution = model::Attribution::kExact;
  if (sighting.owners.size() > 1) sighting.attribution = model::Attribution::kShared;
  return sighting;
}

model::HostFacts make_host() {
  model::HostFacts host;
  host.boot_id = kBootId;
  host.machine_hash = "5f2b8c6f0e1d4a3b9c8d7e6f5a4b3c2d";
  host.netns = kNetns;
  host.interfaces = {
      {.name = "lo", .is_loopback = true, .addresses = {net::IpAddress::v4({127, 0, 0, 1})}},
      {.name = "eth0", .addresses = {net::IpAddress::v4({192, 168, 1, 20})}},
  };
  return host;
}

model::Coverage make_coverage() {
  model::Coverage coverage;
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp})
    for (const auto family : {net::Family::kIpv4, net::Family::kIpv6})
      coverage.tables.push_back({.netns = kNetns, .protocol = protocol, .family = family});
  return coverage;
}

model::Snapshot make_snapshot(base::Micros since_boot, std::vector<model::Sighting> sightings) {
  return {.started = boot_at(since_boot),
          .finished = boot_at(since_boot + 5ms),
          .host = share(make_host()),
          .coverage = make_coverage(),
          .sightings = std::move(sightings)};
}

model::Listener make_listener(std::string_view endpoint, std::int64_t generation) {
  model::Listener listener;
  listener.socket = make_socket(endpoint, static_cast<std::uint64_t>(generation));
  listener.socket.bind_intent = model::BindIntent::kExplicit;
  listener.key = {.boot_id = std::string(kBootId),
                  .netns = listener.socket.netns,
                  .socket = listener.socket.id,
                  .generation = generation};
  listener.exposure = exposure_of(listener.socket.endpoint.address);
  listener.owners = {share(make_process())};
  listener.attribution = model::Attribution::kExact;
  listener.program = {.kind = model::ProgramKind::kModule,
                      .id = "/usr/bin/python3.11 -m http.server in /home/ana/demo",
                      .label = "python3 -m http.server"};
  listener.service = {.protocol = listener.socket.endpoint.protocol,
                      .exposure = listener.exposure,
                      .port = listener.socket.endpoint.port,
                      .program_kind = listener.program.kind,
                      .program = listener.program.id,
                      .user = "ana"};
  listener.opened = polled_at(120s);
  return listener;
}

model::Alert make_alert(std::int64_t id, model::Listener listener) {
  model::Alert alert;
  alert.id = {id};
  alert.severity = model::Severity::kMedium;
  alert.reasons = {{.code = model::ReasonCode::kUnknownListener,
                    .text = listener.program.label + " of ana has never listened on " +
                            listener.socket.endpoint.to_string() + " before"}};
  alert.opened_at = listener.opened.at;
  alert.last_seen_at = listener.opened.at;
  alert.listener = share(std::move(listener));
  return alert;
}

model::BaselineEntry make_baseline_entry(const model::Listener& listener) {
  return {.service = listener.service,
          .label = listener.program.label,
          .origin = model::BaselineOrigin::kApproved,
          .added_at = utc_at(180s),
          .added_by = "ana (uid 1000)"};
}

model::Event make_event(model::EventKind kind, std::int64_t seq, model::Listener listener) {
  using model::EventKind;
  model::Event event{
      .seq = {seq},
      .time = {.at = utc_at(120s), .boot = boot_at(120s), .precision = model::Precision::kExact},
      .kind = kind};
  switch (kind) {
    case EventKind::kStarted:
      event.detail = model::StartedDetail{.version = "0.1.0", .sensor = "sock_diag"};
      break;
    case EventKind::kStopped: break;
    case EventKind::kGap:
      event.detail =
          model::GapDetail{.from = utc_at(60s), .to = utc_at(120s), .reason = "portwatchd was not running"};
      break;
    case EventKind::kSuspended: event.detail = model::SuspendedDetail{.duration = 30min}; break;
    case EventKind::kCoverageChanged:
      event.detail = model::CoverageDetail{.coverage = make_coverage()};
      break;
    case EventKind::kOpened:
      event.time = listener.opened;
      event.detail = model::OpenedDetail{};
      event.listener = share(std::move(listener));
      break;
    case EventKind::kClosed:
      event.time = polled_at(300s);
      listener.closed = event.time;
      event.listener = share(std::move(listener));
      break;
    case EventKind::kOwnerChanged:
      event.time = polled_at(240s);
      event.detail =
          model::OwnerChangedDetail{.added = listener.owners, .removed = {share(make_process(4710))}};
      event.listener = share(std::move(listener));
      break;
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged:
      event.detail = model::AlertDetail{.alert = make_alert(1, listener)};
      event.listener = share(std::move(listener));
      break;
    case EventKind::kPolicyChanged:
      event.detail = model::PolicyDetail{.added = {make_baseline_entry(listener)}};
      break;
    case EventKind::kBindConflict: {
      listener.opened = {.at = event.time.at, .boot = event.time.boot, .precision = model::Precision::kExact};
      listener.closed = listener.opened;
      event.listener = share(std::move(listener));
      event.detail = model::ConflictDetail{.cause = model::ConflictCause::kInUse,
                                           .holders = {{.endpoint = event.listener->socket.endpoint,
                                                        .program = "nginx",
                                                        .pid = base::Pid{801},
                                                        .user = "root"}},
                                           .first_at = event.time.at};
      break;
    }
  }
  return event;
}

model::Status make_status() {
  model::Status status;
  status.version = "0.1.0";
  status.pid = {812};
  status.uid = {998};
  status.user = "portwatch";
  status.profile = model::Profile::kServer;
  status.host_id = "0123456789abcdef0123456789abcdef";
  status.epoch = "fedcba9876543210";
  status.started_at = utc_at(60s);
  status.sensor = {.name = "sock_diag", .summary = "netlink socket tables and /proc, every second"};
  status.scan = {.interval = 1s, .count = 240, .last_at = utc_at(300s), .last_duration = 5ms};
  status.coverage = make_coverage();
  status.store = {.path = "/var/lib/portwatch/portwatch.db", .size_bytes = 1'048'576, .last_seq = {42}};
  for (std::size_t i = 0; i < base::kEnumNames<model::Exposure>.size(); ++i)
    status.listeners[static_cast<model::Exposure>(i)] = i;
  for (std::size_t i = 0; i < base::kEnumNames<model::Severity>.size(); ++i)
    status.open_alerts[static_cast<model::Severity>(i)] = 0;
  status.sessions = 1;
  return status;
}

}  // namespace portwatch::test
