// SPDX-License-Identifier: Apache-2.0
// The sample machine, listener by listener.
#include "tests/golden/sample_machine.h"

namespace portwatch::test {
namespace {

using namespace std::chrono_literals;

/// "\x1b[2J" clears a screen, U+202E turns text around, "\xff" is no UTF-8.
constexpr const char* kHostileName = "evil\x1b[2J\n\u202e\xff";

model::Process make_service(std::int32_t pid, std::string exe, std::string user, std::uint32_t uid,
                            std::string unit) {
  model::Process process = make_process(pid, exe, {exe});
  process.uid = base::Uid{uid};
  process.user = std::move(user);
  process.cwd = "/";
  process.login = {};
  process.unit = std::move(unit);
  process.ancestors = {{.pid = {1}, .start = boot_at(0s), .name = "systemd"}};
  return process;
}

model::Listener held_by(std::string_view endpoint, std::int64_t generation,
                        std::vector<model::Process> owners, model::Verdict verdict) {
  model::Listener listener = make_listener(endpoint, generation);
  listener.owners.clear();
  for (model::Process& owner : owners) listener.owners.push_back(share(std::move(owner)));
  const model::Process& oldest = *listener.owners.front();
  listener.attribution =
      listener.owners.size() > 1 ? model::Attribution::kShared : model::Attribution::kExact;
  listener.program = {.kind = model::ProgramKind::kExecutable, .id = oldest.exe->path, .label = oldest.name};
  listener.service.program = listener.program.id;
  listener.service.program_kind = listener.program.kind;
  listener.service.user = *oldest.user;
  listener.verdict = verdict;
  return listener;
}

/// It listened already when portwatch began to look.
model::Listener since_first_scan(model::Listener listener) {
  listener.opened = {.at = utc_at(30min),
                     .earliest = utc_at(0s),
                     .boot = boot_at(30min),
                     .precision = model::Precision::kGap};
  return listener;
}

model::Listener unknown_server() {
  model::Listener listener = make_listener("127.0.0.1:62893/tcp", 9);
  model::Process process = make_process(9587, "/usr/bin/python3.11",
                                        {"python3", "-m", "http.server", "62893", "--bind", "127.0.0.1"});
  process.ancestors = {{.pid = {900}, .start = boot_at(30s), .name = "bash"},
                       {.pid = {880}, .start = boot_at(29s), .name = "gnome-terminal"},
                       {.pid = {1}, .start = boot_at(0s), .name = "systemd"}};
  process.login = {.uid = base::Uid{1001},
                   .user = "bob",
                   .session = 7,
                   .leader = base::Pid{900},
                   .terminal = "pts/3",
                   .peer = "192.0.2.7"};
  listener.owners = {share(std::move(process))};
  listener.opened = {.at = utc_at(3h + 33min + 11s + 381204us),
                     .earliest = utc_at(3h + 33min + 10s + 381204us),
                     .boot = boot_at(3h + 33min + 11s + 381204us),
                     .precision = model::Precision::kPoll};
  return listener;
}

model::Listener unattributed(std::string_view endpoint, std::int64_t generation,
                             model::Attribution attribution) {
  model::Listener listener = make_listener(endpoint, generation);
  listener.owners.clear();
  listener.attribution = attribution;
  listener.program = {};
  listener.socket.uid = {0};
  listener.service.user = "root";
  listener.verdict = model::Verdict::kKnown;
  return listener;
}

std::vector<model::Listener> listeners() {
  const auto sshd = make_service(712, "/usr/sbin/sshd", "root", 0, "ssh.service");
  const auto nginx = make_service(801, "/usr/sbin/nginx", "root", 0, "nginx.service");
  const auto worker = make_service(802, "/usr/sbin/nginx", "www-data", 33, "nginx.service");
  const auto dns =
      make_service(400, "/lib/systemd/systemd-resolved", "systemd-resolve", 101, "systemd-resolved.service");
  auto node = make_process(4500, "/usr/bin/node", {"node", "server.js"});
  node.container = "3f2a9c0d11e2aabbccddeeff00112233445566778899aabbccddeeff00112233";
  node.container_name = "shop-web-1";
  auto hostile = make_process(6666, "/tmp/x", {"/tmp/x", "a b", "it's"});
  hostile.name = kHostileName;
  hostile.exe = model::Executable{.path = std::string("/tmp/") + kHostileName, .is_deleted = true};

  std::vector<model::Listener> all;
  all.push_back(since_first_scan(held_by("0.0.0.0:22/tcp", 1, {sshd}, model::Verdict::kKnown)));
  all.push_back(since_first_scan(held_by("[::]:22/tcp", 2, {sshd}, model::Verdict::kKnown)));
  all.back().socket.is_v6only = true;
  all.push_back(since_first_scan(held_by("127.0.0.53:53/udp", 3, {dns}, model::Verdict::kKnown)));
  all.push_back(since_first_scan(held_by("[::]:80/tcp", 4, {nginx, worker}, model::Verdict::kKnown)));
  all.push_back(since_first_scan(unattributed("0.0.0.0:2049/tcp", 5, model::Attribution::kKernel)));
  all.push_back(held_by("192.168.1.20:3000/tcp", 6, {node}, model::Verdict::kAllowed));
  all.back().unwatched_since = utc_at(3h);
  all.push_back(unattributed("127.0.0.1:5432/tcp", 7, model::Attribution::kDenied));
  all.push_back(held_by("[fe80::1:2]:31337/tcp", 8, {hostile}, model::Verdict::kUnknown));
  all.back().program = {.kind = model::ProgramKind::kExecutable, .id = "x", .label = kHostileName};
  all.push_back(unknown_server());
  return all;
}

/// To sshd: somebody elsewhere, a hostile name, and a user whose program may not be known.
model::ConnectionList connections() {
  const auto end = [](const char* address, std::uint16_t port) {
    return net::Endpoint{.protocol = net::Protocol::kTcp,
                         .address = net::IpAddress::parse(address).value(),
                         .port = base::Port{port}};
  };
  const auto party = [](std::int32_t pid, const char* program, std::uint32_t uid, const char* user) {
    return model::Party{
        .process = model::ProcessKey{.pid = {pid}}, .program = program, .uid = {{uid}}, .user = user};
  };
  const std::vector<model::Party> sshd{party(700, "sshd", 0, "root")};
  model::ConnectionList list{.left_out = 1204, .are_parties_whole = false};
  list.connections = {{.local = end("192.168.1.20", 22),
                       .peer = end("203.0.113.7", 50122),
                       .servers = sshd,
                       .received_bytes = 5120,
                       .sent_bytes = 1'500'000},
                      {.local = end("127.0.0.1", 22),
                       .peer = end("127.0.0.1", 40022),
                       .is_peer_here = true,
                       .servers = sshd,
                       .clients = {party(6666, kHostileName, 1000, "ana"), party(6667, "tail", 1000, "ana")}},
                      {.local = end("::1", 22),
                       .peer = end("::1", 40023),
                       .is_peer_here = true,
                       .clients = {{.uid = {{1001}}, .user = "bob"}}}};
  return list;
}

model::Event at(model::Event event, std::int64_t seq, base::Micros since_boot) {
  event.seq = {seq};
  event.time.at = utc_at(since_boot);
  event.time.boot = boot_at(since_boot);
  if (event.time.earliest) event.time.earliest = utc_at(since_boot - 1s);
  return event;
}

std::vector<model::Event> events() {
  using model::EventKind;
  std::vector<model::Event> log;
  std::int64_t seq = 0;
  const auto add = [&](model::Event event, base::Micros since_boot) {
    log.push_back(at(std::move(event), ++seq, since_boot));
  };
  add(make_event(EventKind::kStarted), 30min);
  model::Event policy = make_event(EventKind::kPolicyChanged);
  policy.detail = model::PolicyDetail{.added = std::vector(7, make_baseline_entry()),
                                      .learning_until = utc_at(24h + 30min)};
  add(std::move(policy), 30min + 1s);
  model::Event coverage = make_event(EventKind::kCoverageChanged);
  std::get<model::CoverageDetail>(coverage.detail).coverage.denied_processes = 3;
  add(std::move(coverage), 31min);

  model::Listener before = make_listener("0.0.0.0:3000/tcp", 20);
  before.owners = {share(make_process(4400, "/usr/bin/node", {"node", "server.js"}))};
  before.program.label = "node server.js";
  add(make_event(EventKind::kOpened, 0, before), 40min);
  model::Listener killed = before;
  killed.ending = {.cause = model::EndCause::kKilled, .pid = base::Pid{4400}, .signal = "SIGSEGV"};
  add(make_event(EventKind::kClosed, 0, killed), 60min);
  model::Listener after = before;
  after.key.generation = 21;
  after.owners = {share(make_process(4500, "/usr/bin/node", {"node", "server.js"}))};
  model::Event restarted = make_event(EventKind::kOpened, 0, after);
  restarted.detail = model::OpenedDetail{.replaces = before.key, .replaces_seq = base::Seq{5}};
  add(std::move(restarted), 60min + 3s);
  add(make_event(EventKind::kStopped), 80min);
  model::Event gap = make_event(EventKind::kGap);
  gap.detail =
      model::GapDetail{.from = utc_at(80min), .to = utc_at(95min), .reason = "portwatchd was not running"};
  add(std::move(gap), 95min);
  add(make_event(EventKind::kSuspended), 150min);
  add(make_event(EventKind::kOpened, 0, unknown_server()), 3h + 33min + 11s);
  model::Event raised = make_event(EventKind::kAlertRaised, 0, unknown_server());
  raised.detail = model::AlertDetail{.alert = make_alert(21, unknown_server())};
  add(std::move(raised), 3h + 33min + 11s);
  add(make_event(EventKind::kOwnerChanged, 0, unknown_server()), 3h + 40min);
  model::Event hostile = make_event(EventKind::kOpened, 0, listeners()[7]);
  hostile.time.precision = model::Precision::kGap;
  add(std::move(hostile), 3h + 50min);
  model::Event refused = make_event(
      EventKind::kBindConflict, 0,
      held_by("127.0.0.1:4000/tcp", 31, {make_process(7100, "/usr/bin/node", {"node", "server.js"})},
              model::Verdict::kUnknown));
  add(refused, 3h + 51min);
  auto& again = std::get<model::ConflictDetail>(refused.detail);
  again.count = 12;
  again.first_at = utc_at(3h + 51min + 1s);
  again.holders = {{.kind = model::HolderKind::kBound,
                    .endpoint = make_endpoint("0.0.0.0:4000/tcp"),
                    .program = kHostileName,
                    .pid = base::Pid{6666},
                    .user = "ana"},
                   {.kind = model::HolderKind::kTimeWait, .endpoint = make_endpoint("127.0.0.1:4000/tcp")}};
  add(refused, 3h + 52min);
  return log;
}

}  // namespace

void furnish(CliWorld& world) {
  FakeDaemonState& daemon = *world.daemon;
  for (model::Listener& listener : listeners()) daemon.listeners.push_back(share(std::move(listener)));
  daemon.events = events();
  daemon.connections = connections();

  model::Alert hostile = make_alert(22, listeners()[7]);
  hostile.severity = model::Severity::kHigh;
  hostile.count = 3;
  hostile.last_seen_at = utc_at(3h + 50min);
  hostile.reasons.insert(hostile.reasons.begin(), {.code = model::ReasonCode::kExecutableDeleted,
                                                   .text = std::string("the running file /tmp/") +
                                                           kHostileName + " is no longer on disk"});
  model::Alert unknown = make_alert(21, unknown_server());
  unknown.delivery = model::Delivery::kAfterLearning;
  model::Alert approved = make_alert(20, make_listener("127.0.0.1:8080/tcp", 12));
  approved.state = model::AlertState::kApproved;
  approved.changed_by = "ana (uid 1000)";
  daemon.alerts = {hostile, unknown, approved};

  daemon.status.started_at = utc_at(30min);
  daemon.status.learning_until = utc_at(24h + 30min);
  daemon.status.scan.last_at = world.now - 1s;
  daemon.status.scan.count = 12345;
  daemon.status.sensor.blind_spots = {
      "listeners that live shorter than the interval between two looks",
      "who holds sockets of other users: portwatchd runs as portwatch, without CAP_SYS_PTRACE"};
  daemon.status.sensor.skipped = {{.name = "bpf", .reason = "not part of this build"}};
  daemon.status.coverage.denied_processes = 3;
  daemon.status.open_alerts = {
      {model::Severity::kHigh, 1}, {model::Severity::kMedium, 1}, {model::Severity::kLow, 0}};
  daemon.status.listeners = {
      {model::Exposure::kLoopback, 3}, {model::Exposure::kLan, 1}, {model::Exposure::kAny, 5}};
}

}  // namespace portwatch::test
