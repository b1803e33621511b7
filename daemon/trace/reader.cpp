// SPDX-License-Identifier: Apache-2.0
#include "daemon/trace/reader.h"

#include <fmt/format.h>

#include <set>
#include <unordered_set>
#include <utility>

#include "daemon/trace/codec.h"
#include "daemon/trace/limits.h"

namespace portwatch::trace {

base::Result<std::optional<Record>> Reader::read(std::string_view line) {
  ++lines_;
  const auto where = fmt::format("line {}", lines_);
  if (line.size() > kMaxLine)
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("{}: it is longer than {} MiB", where, kMaxLine >> 20U));
  const auto parsed = json::parse(line, kMaxDepth);
  if (!parsed) return base::with_context(where, parsed.error());
  json::Failure failure;
  auto record = read_line(json::Reader(*parsed, failure));
  if (newer_format_)
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{}: the trace has format {}, and this portwatch reads format {}: a newer "
                                  "portwatch wrote it",
                                  where, *newer_format_, kFormat));
  auto result = std::move(failure).result(std::move(record));
  if (!result) return base::with_context(where, result.error());
  return result;
}

std::optional<Record> Reader::read_line(const json::Reader& at) {
  if (has_begun_ == at.has("portwatch_trace")) {
    at.fail(has_begun_ ? "begins a trace inside of a trace" : "is no trace of portwatch");
    return std::nullopt;
  }
  if (has_ended_) {
    at.fail("stands behind the end of the trace");
    return std::nullopt;
  }
  if (!has_begun_) return read_began(at.field("portwatch_trace"));
  if (at.has("process")) {
    const json::Reader field = at.field("process");
    read_number(field, read_process(field));
  } else if (at.has("sighting")) {
    const json::Reader field = at.field("sighting");
    read_number(field, read_sighting(field, [this](const json::Reader& owner) { return process_at(owner); }));
  } else if (at.has("host")) {
    host_ = std::make_shared<const model::HostFacts>(read_host(at.field("host")));
  } else if (at.has("coverage")) {
    coverage_ = read_coverage(at.field("coverage"));
  } else if (at.has("look")) {
    return read_look(at.field("look"));
  } else if (at.has("told")) {
    return read_told(at.field("told"));
  } else if (at.has("tick")) {
    return Ticked{read_next_moment(at.field("tick"))};
  } else if (at.has("rules")) {
    const json::Reader field = at.field("rules");
    return RulesChanged{read_rules(field.field("rules")), read_next_moment(field)};
  } else if (at.has("end")) {
    has_ended_ = true;
    return Ended{read_next_moment(at.field("end"))};
  } else {
    at.fail("is no line of a trace that this version knows");
  }
  return std::nullopt;
}

Began Reader::read_began(const json::Reader& at) {
  has_begun_ = true;
  if (const int format = at.get<int>("format"); format > kFormat)
    newer_format_ = format;
  else
    (void)at.field("format").expect(format == kFormat, "a format that there is");
  Began began{.version = at.get<std::string>("version"),
              .sensor = read_sensor(at.field("sensor")),
              .boot_id = read_name(at.field("boot_id")),
              .machine_hash = std::nullopt,
              .rules = read_rules(at.field("rules")),
              .at = read_next_moment(at)};
  if (at.has("machine_hash")) began.machine_hash = read_name(at.field("machine_hash"));
  return began;
}

void Reader::read_number(const json::Reader& at, model::Process process) {
  processes_.insert_or_assign(at.get<std::uint64_t>("number"),
                              std::make_shared<const model::Process>(std::move(process)));
}

void Reader::read_number(const json::Reader& at, model::Sighting sighting) {
  const auto number = at.get<std::uint64_t>("number");
  const bool is_new =
      sightings_.size() < 2 * kMaxSightings && sightings_.try_emplace(number, std::move(sighting)).second;
  (void)at.field("number").expect(is_new, "a number that no sighting has");
}

Looked Reader::read_look(const json::Reader& at) {
  Looked looked{.snapshot = {.started = read_boot_time(at.field("started_boot_us")),
                             .finished = read_boot_time(at.field("finished_boot_us")),
                             .suspended_at_start = read_suspended(at.field("suspended_at_start_us")),
                             .suspended_at_finish = read_suspended(at.field("suspended_at_finish_us")),
                             .host = host_,
                             .coverage = coverage_,
                             .sightings = {},
                             .former_holders = {},
                             .late_changes = {}},
                .at = read_next_moment(at)};
  if (host_ == nullptr) at.fail("shows a machine of which nothing was said");
  (void)at.expect(
      looked.snapshot.started <= looked.snapshot.finished && looked.snapshot.finished <= looked.at.boot,
      "over before it is taken in, and begun before that");
  if (at.has("sightings")) read_runs(at.field("sightings"));
  std::set<std::tuple<base::Netns, model::SocketId>> sockets;
  looked.snapshot.sightings.reserve(look_.size());
  for (const std::uint64_t number : look_) {
    const model::Sighting& sighting = sightings_.at(number);
    if (!sockets.emplace(sighting.socket.netns, sighting.socket.id).second) {
      at.fail("shows a socket twice");
      break;
    }
    looked.snapshot.sightings.push_back(sighting);
  }
  if (at.has("former_holders"))
    at.field("former_holders").each([&](const json::Reader& former) {
      looked.snapshot.former_holders.push_back(read_former_holder(former));
    });
  if (at.has("late_changes"))
    at.field("late_changes").each([&](const json::Reader& change) {
      looked.snapshot.late_changes.push_back(read_late_change(change));
    });
  forget();
  has_looked_ = true;
  return looked;
}

/// Each run is a first number and how many follow each other.
void Reader::read_runs(const json::Reader& at) {
  look_.clear();
  at.each([&](const json::Reader& run) {
    const auto pair = run.list<std::uint64_t>();
    if (!run.expect(pair.size() == 2 && pair[1] > 0 && pair[1] <= sightings_.size() - look_.size(),
                    "a first number and how many follow it, of sockets that were shown once"))
      return;
    auto next = sightings_.find(pair[0]);
    for (std::uint64_t i = 0; i < pair[1]; ++i, ++next) {
      if (next == sightings_.end() || next->first != pair[0] + i)
        return run.fail("names a sighting that there is not");
      look_.push_back(next->first);
    }
  });
}

/// What a look did not show has no number any more.
void Reader::forget() {
  const std::unordered_set<std::uint64_t> shown(look_.begin(), look_.end());
  std::unordered_set<const model::Process*> owners;
  std::erase_if(sightings_, [&](const auto& item) { return !shown.contains(item.first); });
  for (const auto& [number, sighting] : sightings_)
    for (const model::ProcessRef& owner : sighting.owners) owners.insert(owner.get());
  std::erase_if(processes_, [&](const auto& item) { return !owners.contains(item.second.get()); });
}

Told Reader::read_told(const json::Reader& at) {
  Told told{.told = {}, .at = read_next_moment(at)};
  if (!has_looked_) at.fail("stands before the first look");
  at.field("observations").each([&](const json::Reader& observation) {
    told.told.push_back(
        read_observation(observation, [this](const json::Reader& number) { return process_at(number); }));
  });
  return told;
}

/// Time does not run backwards.
base::Moment Reader::read_next_moment(const json::Reader& at) {
  const base::Moment moment = read_moment(at.field("at"));
  (void)at.field("at").expect(last_.boot <= moment.boot, "behind what stands before it");
  return last_ = moment;
}

model::ProcessRef Reader::process_at(const json::Reader& at) const {
  const auto found = processes_.find(at.as<std::uint64_t>());
  return at.expect(found != processes_.end(), "the number of a process") ? found->second : nullptr;
}

}  // namespace portwatch::trace
