// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_model.h"

#include <chrono>
#include <memory>
#include <utility>

namespace portwatch::test {
namespace {

constexpr std::size_t kLongestText = 12;
constexpr std::size_t kLongestList = 3;

std::string text(Random& random) {
  return random.text(kLongestText);
}
std::string some_text(Random& random) {
  return "x" + text(random);
}
bool flag(Random& random) {
  return random.chance(50);
}
base::BootTime boot_time(Random& random) {
  return base::BootTime{base::Micros{random.between<std::int64_t>(0, 1'000'000'000'000'000)}};
}
base::Micros duration(Random& random) {
  return base::Micros{
      random.between(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max())};
}

template <class T>
T number(Random& random) {
  // The ends of the range are where conversions break.
  if (random.chance(10)) return std::numeric_limits<T>::max();
  if (random.chance(10)) return std::numeric_limits<T>::min();
  return random.between(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

template <class S>
S strong(Random& random) {
  return {number<typename S::rep>(random)};
}

template <class Make>
auto maybe(Random& random, Make make) -> std::optional<decltype(make(random))> {
  if (!flag(random)) return std::nullopt;
  return make(random);
}

template <class Make>
auto list(Random& random, Make make) -> std::vector<decltype(make(random))> {
  std::vector<decltype(make(random))> values;
  for (std::uint64_t left = random.below(kLongestList + 1); left > 0; --left) values.push_back(make(random));
  return values;
}

model::EventTime event_time(Random& random) {
  return {.at = random_time(random),
          .earliest = maybe(random, random_time),
          .boot = boot_time(random),
          .precision = random_enum<model::Precision>(random)};
}

model::ProcessRef process_ref(Random& random) {
  return std::make_shared<const model::Process>(random_process(random));
}

model::ListenerRef listener_ref(Random& random) {
  return std::make_shared<const model::Listener>(random_listener(random));
}

model::Ancestor ancestor(Random& random) {
  return {.pid = strong<base::Pid>(random), .start = boot_time(random), .name = text(random)};
}

model::SocketId socket_id(Random& random) {
  return {.kind = random_enum<model::SocketId::Kind>(random), .value = number<std::uint64_t>(random)};
}

model::ListenerKey listener_key(Random& random) {
  return {.boot_id = text(random),
          .netns = strong<base::Netns>(random),
          .socket = socket_id(random),
          .generation = number<std::int64_t>(random)};
}

model::ServiceKey service_key(Random& random) {
  return {.scheme = number<int>(random),
          .protocol = random_enum<net::Protocol>(random),
          .exposure = random_enum<model::Exposure>(random),
          .port = maybe(random, strong<base::Port>),
          .program_kind = random_enum<model::ProgramKind>(random),
          .program = text(random),
          .user = text(random)};
}

model::Table table(Random& random) {
  return {.netns = strong<base::Netns>(random),
          .protocol = random_enum<net::Protocol>(random),
          .family = random_enum<net::Family>(random)};
}

model::AddressHolder address_holder(Random& random) {
  return {.kind = random_enum<model::HolderKind>(random),
          .endpoint = {.protocol = random_enum<net::Protocol>(random),
                       .address = random_address(random),
                       .port = strong<base::Port>(random)},
          .device = text(random),
          .listener = maybe(random, listener_key),
          .program = text(random),
          .pid = maybe(random, strong<base::Pid>),
          .user = text(random),
          .is_same_process = random.chance(2)};
}

model::ConflictDetail conflict(Random& random) {
  return {.wish = random_enum<model::Wish>(random),
          .cause = random_enum<model::ConflictCause>(random),
          .is_certain = random.chance(2),
          .holders = list(random, address_holder),
          .holders_left_out = random.below(9),
          .count = random.between<std::int64_t>(1, 1'000'000),
          .first_at = random_time(random),
          .others = random.between<std::int64_t>(0, 1'000'000)};
}

model::EventDetail detail_of(model::EventKind kind, Random& random) {
  using model::EventKind;
  switch (kind) {
    case EventKind::kStarted: return model::StartedDetail{.version = text(random), .sensor = text(random)};
    case EventKind::kGap:
      return model::GapDetail{.from = random_time(random), .to = random_time(random), .reason = text(random)};
    case EventKind::kSuspended: return model::SuspendedDetail{.duration = duration(random)};
    case EventKind::kCoverageChanged: return model::CoverageDetail{.coverage = random_coverage(random)};
    case EventKind::kOpened:
      return model::OpenedDetail{.replaces = maybe(random, listener_key),
                                 .replaces_seq = maybe(random, strong<base::Seq>)};
    case EventKind::kOwnerChanged:
      return model::OwnerChangedDetail{.added = list(random, process_ref),
                                       .removed = list(random, process_ref)};
    case EventKind::kAlertRaised:
    case EventKind::kAlertChanged: return model::AlertDetail{.alert = random_alert(random)};
    case EventKind::kPolicyChanged:
      return model::PolicyDetail{.added = list(random, random_baseline_entry),
                                 .learning_until = maybe(random, random_time)};
    case EventKind::kBindConflict: return conflict(random);
    case EventKind::kStopped:
    case EventKind::kClosed: break;
  }
  return {};
}

net::PortQuery port_query(Random& random) {
  return {.port = {random.between<std::uint16_t>(1, 65535)},
          .protocol = maybe(random, random_enum<net::Protocol>),
          .address = maybe(random, random_address)};
}

std::size_t limit(Random& random) {
  return random.between<std::size_t>(1, model::kMaxPage);
}

}  // namespace

base::UtcTime random_time(Random& random) {
  constexpr base::UtcTime kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
  constexpr base::UtcTime kEnd = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  return base::UtcTime{
      base::Micros{random.between(kFirst.time_since_epoch().count(), kEnd.time_since_epoch().count() - 1)}};
}

net::IpAddress random_address(Random& random) {
  std::array<std::uint8_t, 16> octets{};
  for (auto& octet : octets)
    if (flag(random)) octet = number<std::uint8_t>(random);
  if (flag(random)) return net::IpAddress::v6(octets);
  return net::IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
}

model::Process random_process(Random& random) {
  model::Process process;
  process.key = {.pid = strong<base::Pid>(random), .start = boot_time(random)};
  process.started_at = random_time(random);
  process.name = text(random);
  process.exe = maybe(random, [](Random& r) {
    return model::Executable{.path = text(r),
                             .file = maybe(r,
                                           [](Random& q) {
                                             return model::FileId{.device = number<std::uint64_t>(q),
                                                                  .inode = number<std::uint64_t>(q)};
                                           }),
                             .is_deleted = flag(r)};
  });
  process.argv = list(random, text);
  process.is_argv_truncated = flag(random);
  process.cwd = maybe(random, text);
  process.uid = maybe(random, strong<base::Uid>);
  process.user = maybe(random, text);
  process.login = {.uid = maybe(random, strong<base::Uid>),
                   .user = maybe(random, text),
                   .session = maybe(random, number<std::uint32_t>),
                   .leader = maybe(random, strong<base::Pid>),
                   .terminal = text(random),
                   .peer = text(random)};
  process.unit = maybe(random, text);
  process.container = maybe(random, text);
  process.container_name = maybe(random, text);
  process.ancestors = list(random, ancestor);
  process.attribution = random_enum<model::Attribution>(random);
  return process;
}

model::Ending random_ending(Random& random) {
  model::Ending ending{.cause = random_enum<model::EndCause>(random),
                       .pid = maybe(random, strong<base::Pid>)};
  if (ending.cause == model::EndCause::kExited) ending.exit_status = number<std::uint8_t>(random);
  if (ending.cause == model::EndCause::kKilled) {
    ending.signal = text(random);
    ending.has_core = flag(random);
  }
  return ending;
}

model::Listener random_listener(Random& random) {
  model::Listener listener;
  listener.key = listener_key(random);
  listener.socket = {.netns = strong<base::Netns>(random),
                     .id = socket_id(random),
                     .inode = number<std::uint64_t>(random),
                     .endpoint = {.protocol = random_enum<net::Protocol>(random),
                                  .address = random_address(random),
                                  .port = strong<base::Port>(random)},
                     .is_v6only = maybe(random, flag),
                     .device = text(random),
                     .network = text(random),
                     .uid = strong<base::Uid>(random),
                     .bind_intent = random_enum<model::BindIntent>(random),
                     .is_mptcp = flag(random)};
  listener.exposure = random_enum<model::Exposure>(random);
  listener.owners = list(random, process_ref);
  listener.attribution = random_enum<model::Attribution>(random);
  listener.program = {
      .kind = random_enum<model::ProgramKind>(random), .id = text(random), .label = text(random)};
  listener.service = service_key(random);
  listener.listener_class = random_enum<model::ListenerClass>(random);
  listener.verdict = random_enum<model::Verdict>(random);
  listener.opened = event_time(random);
  listener.closed = maybe(random, event_time);
  if (listener.closed) listener.ending = random_ending(random);
  listener.unwatched_since = maybe(random, random_time);
  listener.owners_left_out = number<std::uint64_t>(random);
  listener.redacted = random.chance(20) ? std::vector<std::string>{"owners"} : list(random, some_text);
  return listener;
}

model::Alert random_alert(Random& random) {
  return {.id = strong<base::AlertId>(random),
          .state = random_enum<model::AlertState>(random),
          .severity = random_enum<model::Severity>(random),
          .delivery = random_enum<model::Delivery>(random),
          .reasons = list(random,
                          [](Random& r) {
                            return model::Reason{.code = random_enum<model::ReasonCode>(r), .text = text(r)};
                          }),
          .count = number<std::int64_t>(random),
          .opened_at = random_time(random),
          .last_seen_at = random_time(random),
          .changed_by = text(random),
          .listener = listener_ref(random)};
}

model::BaselineEntry random_baseline_entry(Random& random) {
  return {.service = service_key(random),
          .label = text(random),
          .origin = random_enum<model::BaselineOrigin>(random),
          .added_at = random_time(random),
          .added_by = text(random)};
}

model::Coverage random_coverage(Random& random) {
  return {.tables = list(random, table),
          .holes = list(random, [](Random& r) { return model::Hole{.table = table(r), .reason = text(r)}; }),
          .denied_processes = number<std::uint32_t>(random),
          .are_bind_intents_known = flag(random)};
}

model::Event random_event(Random& random) {
  model::Event event;
  event.seq = strong<base::Seq>(random);
  event.time = event_time(random);
  event.kind = random_enum<model::EventKind>(random);
  if (flag(random)) event.listener = listener_ref(random);
  if (random.chance(90)) event.detail = detail_of(event.kind, random);
  return event;
}

model::Status random_status(Random& random) {
  model::Status status;
  status.version = text(random);
  status.pid = strong<base::Pid>(random);
  status.uid = strong<base::Uid>(random);
  status.user = text(random);
  status.profile = random_enum<model::Profile>(random);
  status.host_id = text(random);
  status.epoch = text(random);
  status.started_at = random_time(random);
  status.learning_until = maybe(random, random_time);
  status.sensor = {.name = text(random),
                   .summary = text(random),
                   .blind_spots = list(random, text),
                   .skipped = list(random, [](Random& r) {
                     return model::SkippedSensor{.name = text(r), .reason = text(r)};
                   })};
  status.scan = {.interval = duration(random),
                 .count = number<std::uint64_t>(random),
                 .last_at = maybe(random, random_time),
                 .last_duration = maybe(random, duration),
                 .problem = maybe(random, text)};
  status.coverage = random_coverage(random);
  status.store = {.path = text(random),
                  .size_bytes = number<std::uint64_t>(random),
                  .last_seq = strong<base::Seq>(random),
                  .pending_events = number<std::uint64_t>(random),
                  .problem = maybe(random, text)};
  for (int i = 0; i < 3; ++i) {
    status.listeners[random_enum<model::Exposure>(random)] = number<std::uint64_t>(random);
    status.open_alerts[random_enum<model::Severity>(random)] = number<std::uint64_t>(random);
  }
  status.alerts_not_raised = number<std::uint64_t>(random);
  status.sessions = number<std::uint64_t>(random);
  return status;
}

model::EventQuery random_event_query(Random& random) {
  return {.port = maybe(random, port_query),
          .since = maybe(random, random_time),
          .until = maybe(random, random_time),
          .kinds = list(random, random_enum<model::EventKind>),
          .program = text(random),
          .user = text(random),
          .unit = text(random),
          .after = maybe(random, strong<base::Seq>),
          .newest_first = flag(random),
          .limit = limit(random)};
}

model::AlertQuery random_alert_query(Random& random) {
  return {.states = list(random, random_enum<model::AlertState>),
          .id = maybe(random, strong<base::AlertId>),
          .after = maybe(random, strong<base::AlertId>),
          .limit = limit(random)};
}

model::PastQuery random_past_query(Random& random) {
  const auto place = [](Random& dice) {
    return model::PastPlace{.port = {static_cast<std::uint16_t>(dice.below(65'536))},
                            .number = dice.between<std::int64_t>(0, 1'000'000)};
  };
  return {.at = random_time(random),
          .port = maybe(random, port_query),
          .after = maybe(random, place),
          .limit = limit(random)};
}

}  // namespace portwatch::test
