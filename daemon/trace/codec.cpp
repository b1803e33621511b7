// SPDX-License-Identifier: Apache-2.0
#include "daemon/trace/codec.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "daemon/trace/byte_text.h"
#include "daemon/trace/limits.h"
#include "daemon/trace/texts.h"

namespace portwatch::trace {
namespace {

using json::value;
using json::value_or_null;

/// In one observation; so that sums of them stay in range.
constexpr std::uint64_t kMostRefusals = 0xffff'ffff;

/// With each text as one that JSON can hold.
template <class T>
Json encode_with_texts(T copy) {
  change_texts(copy, [](std::string& text) { text = text_of_bytes(text); });
  return json::encode(copy);
}

template <class T>
T read_with_texts(const json::Reader& at) {
  T decoded = at.as<T>();
  change_texts(decoded, [](std::string& text) { text = bytes_of_text(text); });
  return decoded;
}

template <class T>
T in_range(const json::Reader& at, T time, base::Micros since_start) {
  const bool is_in_range = base::Micros{} <= since_start && since_start <= kLongest;
  return at.expect(is_in_range, "a time of less than 31 years") ? time : T{};
}

bool is_in_range(base::BootTime time) {
  return base::Micros{} <= time.time_since_epoch() && time.time_since_epoch() <= kLongest;
}

void put_socket(Json& object, model::SocketRecord socket) {
  change_texts(socket, [](std::string& text) { text = text_of_bytes(text); });
  json::put(object, socket);
  object["reach"] = value(socket.reach);
}

model::SocketRecord read_socket(const json::Reader& at) {
  auto socket = read_with_texts<model::SocketRecord>(at);
  socket.reach = at.get_or("reach", model::Exposure::kAny);
  // It stands in lines of the log, between blanks.
  (void)at.field("network").expect(
      std::ranges::all_of(socket.network, [](char c) { return ' ' < c && c < '\x7f'; }),
      "of plain characters");
  return socket;
}

Json encode_ending(model::Ending ending) {
  change_texts(ending, [](std::string& text) { text = text_of_bytes(text); });
  return value(ending);
}

/// Recordings of before endings were known have none.
model::Ending read_ending(const json::Reader& at) {
  return at.is_absent() ? model::Ending{} : read_with_texts<model::Ending>(at);
}

Json encode_key(const model::ProcessKey& key) {
  const auto& [pid, start] = key;
  return Json::object({{"pid", value(pid)}, {"start_boot_us", value(start)}});
}

model::ProcessKey read_key(const json::Reader& at) {
  return {.pid = at.get<base::Pid>("pid"), .start = read_boot_time(at.field("start_boot_us"))};
}

/// A name in the table of kinds of observations, its fields, and back. A new kind does not compile without
/// both.
struct ObservationWriter {
  const NumberOf& number_of;

  Json operator()(const model::SocketOpened& observation) const {
    const auto& [socket, at, opener] = observation;
    Json object = Json::object({{"at_boot_us", value(at)}, {"opener", number_of(opener)}});
    put_socket(object, socket);
    return Json::object({{"opened", std::move(object)}});
  }
  Json operator()(const model::SocketClosed& observation) const {
    const auto& [netns, id, at, ending] = observation;
    return Json::object({{"closed", Json::object({{"namespace", value(netns)},
                                                  {"socket", value(id)},
                                                  {"at_boot_us", value(at)},
                                                  {"ending", encode_ending(ending)}})}});
  }
  Json operator()(const model::WishRefused& observation) const {
    const auto& [wish, socket, at, by, cause, is_certain, holders, left_out, count] = observation;
    Json object = Json::object({{"wish", value(wish)},
                                {"at_boot_us", value(at)},
                                {"by", number_of(by)},
                                {"cause", value(cause)},
                                {"certain", is_certain},
                                {"holders_left_out", left_out},
                                {"count", count}});
    object["holders"] = json::array_of(holders, [&](const model::SeenHolder& holder) {
      const auto& [kind, held, process] = holder;
      Json written = Json::object({{"kind", value(kind)}, {"process", number_of(process)}});
      put_socket(written, held);
      return written;
    });
    put_socket(object, socket);
    return Json::object({{"refused", std::move(object)}});
  }
  Json operator()(const model::HoldersChanged& observation) const {
    const auto& [at, ended] = observation;
    Json ends = json::array_of(ended, [](const model::ProcessEnd& end) {
      Json json = encode_key(end.process);
      json["ending"] = encode_ending(end.ending);
      return json;
    });
    return Json::object(
        {{"holders_changed", Json::object({{"at_boot_us", value(at)}, {"ended", std::move(ends)}})}});
  }
  Json operator()(const model::ObservationsLost& observation) const {
    const auto& [from, to, count] = observation;
    return Json::object(
        {{"lost",
          Json::object({{"from_boot_us", value(from)}, {"to_boot_us", value(to)}, {"count", count}})}});
  }
};

struct ObservationReader {
  const ProcessAt& process_at;

  model::SocketOpened operator()(const json::Reader& at, std::type_identity<model::SocketOpened>) const {
    model::SocketOpened opened{
        .socket = read_socket(at), .at = read_boot_time(at.field("at_boot_us")), .opener = nullptr};
    if (at.has("opener")) opened.opener = process_at(at.field("opener"));
    return opened;
  }
  model::SocketClosed operator()(const json::Reader& at, std::type_identity<model::SocketClosed>) const {
    return {.netns = at.get<base::Netns>("namespace"),
            .id = at.get<model::SocketId>("socket"),
            .at = read_boot_time(at.field("at_boot_us")),
            .ending = read_ending(at.field("ending"))};
  }
  model::WishRefused operator()(const json::Reader& at, std::type_identity<model::WishRefused>) const {
    model::WishRefused refused{.wish = at.get<model::Wish>("wish"),
                               .socket = read_socket(at),
                               .at = read_boot_time(at.field("at_boot_us")),
                               .by = nullptr,
                               .cause = at.get<model::ConflictCause>("cause"),
                               .is_certain = at.get<bool>("certain"),
                               .holders = {},
                               .count = at.get<std::uint64_t>("count")};
    if (at.has("holders_left_out")) {
      refused.holders_left_out = at.get<std::uint64_t>("holders_left_out");
      const bool is_rest = refused.holders_left_out <= kMostRefusals;
      if (!at.field("holders_left_out").expect(is_rest, "0 to 4294967295")) refused.holders_left_out = 0;
    }
    const bool is_count = 0 < refused.count && refused.count <= kMostRefusals;
    if (!at.field("count").expect(is_count, "1 to 4294967295")) refused.count = 1;
    if (at.has("by")) refused.by = process_at(at.field("by"));
    at.field("holders").each([&](const json::Reader& one) {
      model::SeenHolder holder{
          .kind = one.get<model::HolderKind>("kind"), .socket = read_socket(one), .process = nullptr};
      if (one.has("process")) holder.process = process_at(one.field("process"));
      refused.holders.push_back(std::move(holder));
    });
    return refused;
  }
  model::HoldersChanged operator()(const json::Reader& at, std::type_identity<model::HoldersChanged>) const {
    model::HoldersChanged changed{.at = read_boot_time(at.field("at_boot_us")), .ended = {}};
    if (at.has("ended"))
      at.field("ended").each([&](const json::Reader& end) {
        changed.ended.push_back({.process = read_key(end), .ending = read_ending(end.field("ending"))});
      });
    return changed;
  }
  model::ObservationsLost operator()(const json::Reader& at,
                                     std::type_identity<model::ObservationsLost>) const {
    return {.from = read_boot_time(at.field("from_boot_us")),
            .to = read_boot_time(at.field("to_boot_us")),
            .count = at.get<std::uint64_t>("count")};
  }
};

/// The name under which ObservationWriter writes a kind.
template <class Kind>
std::string name_of_kind() {
  static const std::string name = [] {
    const NumberOf none = [](const model::ProcessRef&) { return Json(nullptr); };
    return ObservationWriter{none}(Kind{}).begin().key();
  }();
  return name;
}

template <class... Kinds>
model::Observation read_any(const json::Reader& at, const ProcessAt& process_at,
                            std::type_identity<std::variant<Kinds...>>) {
  std::optional<model::Observation> observation;
  const auto try_kind = [&]<class Kind>(std::type_identity<Kind> kind) {
    const std::string name = name_of_kind<Kind>();
    if (!observation && at.has(name)) observation = ObservationReader{process_at}(at.field(name), kind);
  };
  (try_kind(std::type_identity<Kinds>{}), ...);
  if (!observation) at.fail("is no observation that this version knows");
  return observation.value_or(model::HoldersChanged{});
}

}  // namespace

Json encode(const base::Moment& moment) {
  return Json::object({{"boot_us", value(moment.boot)},
                       {"utc", value(moment.utc)},
                       {"suspended_us", value(moment.suspended)}});
}

Json encode(const Rules& rules) {
  return Json::object({{"profile", value(rules.profile)},
                       {"learning_us", value(rules.learning)},
                       {"look_interval_us", value_or_null(rules.look_interval)}});
}

Json encode(const model::Process& process) {
  Json json = encode_with_texts(process);
  json["image"] = process.image;
  return json;
}

Json encode(const model::HostFacts& host) {
  return encode_with_texts(host);
}

Json encode(const model::Coverage& coverage) {
  return encode_with_texts(coverage);
}

Json encode(const model::SensorInfo& sensor) {
  return encode_with_texts(sensor);
}

Json encode(const model::Sighting& sighting, const NumberOf& number_of) {
  const auto& [socket, user, presence, owners, attribution] = sighting;
  Json json = Json::object(
      {{"user", user ? Json(text_of_bytes(*user)) : Json(nullptr)},
       {"presence", value(presence)},
       {"owners", json::array_of(owners, [&](const model::ProcessRef& owner) { return number_of(owner); })},
       {"attribution", value(attribution)}});
  put_socket(json, socket);
  return json;
}

Json encode(const model::FormerHolder& former) {
  const auto& [process, has_ended] = former;
  Json json = encode_key(process);
  json["ended"] = has_ended;
  return json;
}

Json encode(const model::LateChange& change) {
  const auto& [process, since] = change;
  Json json = encode_key(process);
  json["since_boot_us"] = json::value(since);
  return json;
}

Json encode(const model::Observation& observation, const NumberOf& number_of) {
  return std::visit(ObservationWriter{number_of}, observation);
}

base::BootTime read_boot_time(const json::Reader& at) {
  const auto time = at.as<base::BootTime>();
  return in_range(at, time, time.time_since_epoch());
}

base::Micros read_duration(const json::Reader& at) {
  const auto duration = at.as<base::Micros>();
  return in_range(at, duration, duration);
}

base::Micros read_suspended(const json::Reader& at) {
  const auto suspended = at.as<base::Micros>();
  return in_range(at, suspended,
                  suspended < base::Micros{} ? -std::max(suspended, -kLongest - base::Micros{1}) : suspended);
}

std::string read_name(const json::Reader& at) {
  auto name = at.as<std::string>();
  const auto is_plain = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-';
  };
  const bool is_name = !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, is_plain);
  return at.expect(is_name, "up to 64 letters, digits and dashes") ? name : std::string();
}

base::Moment read_moment(const json::Reader& at) {
  return {.boot = read_boot_time(at.field("boot_us")),
          .utc = at.get<base::UtcTime>("utc"),
          .suspended = read_suspended(at.field("suspended_us"))};
}

Rules read_rules(const json::Reader& at) {
  Rules rules{.profile = at.get<model::Profile>("profile"),
              .learning = read_duration(at.field("learning_us")),
              .look_interval = std::nullopt};
  if (at.has("look_interval_us")) rules.look_interval = read_duration(at.field("look_interval_us"));
  return rules;
}

model::Process read_process(const json::Reader& at) {
  auto process = read_with_texts<model::Process>(at);
  process.image = at.get<std::uint64_t>("image");
  const bool are_in_range =
      is_in_range(process.key.start) && std::ranges::all_of(process.ancestors, [](const auto& ancestor) {
        return is_in_range(ancestor.start);
      });
  (void)at.expect(are_in_range, "a process that started within the last 31 years");
  return process;
}

model::HostFacts read_host(const json::Reader& at) {
  auto host = read_with_texts<model::HostFacts>(at);
  host.boot_id = read_name(at.field("boot_id"));
  if (at.has("machine_hash")) host.machine_hash = read_name(at.field("machine_hash"));
  return host;
}

model::Coverage read_coverage(const json::Reader& at) {
  return read_with_texts<model::Coverage>(at);
}

model::SensorInfo read_sensor(const json::Reader& at) {
  return read_with_texts<model::SensorInfo>(at);
}

model::Sighting read_sighting(const json::Reader& at, const ProcessAt& process_at) {
  model::Sighting sighting{.socket = read_socket(at),
                           .user = at.optional<std::string>("user"),
                           .presence = at.get<model::Presence>("presence"),
                           .owners = {},
                           .attribution = at.get<model::Attribution>("attribution")};
  if (sighting.user) sighting.user = bytes_of_text(*sighting.user);
  at.field("owners").each([&](const json::Reader& owner) {
    model::ProcessRef process = process_at(owner);
    if (process == nullptr) return;  // it has failed
    const bool is_in_order = sighting.owners.empty() || sighting.owners.back()->key < process->key;
    if (owner.expect(is_in_order, "in order of pid and start")) sighting.owners.push_back(std::move(process));
  });
  return sighting;
}

model::FormerHolder read_former_holder(const json::Reader& at) {
  return {.process = read_key(at), .has_ended = at.get<bool>("ended")};
}

model::LateChange read_late_change(const json::Reader& at) {
  return {.process = read_key(at), .since = read_boot_time(at.field("since_boot_us"))};
}

model::Observation read_observation(const json::Reader& at, const ProcessAt& process_at) {
  return read_any(at, process_at, std::type_identity<model::Observation>{});
}

}  // namespace portwatch::trace
