// SPDX-License-Identifier: Apache-2.0
#include "daemon/trace/writer.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/trace/codec.h"
#include "daemon/trace/limits.h"

namespace portwatch::trace {
namespace {

/// Processes that were told of between two looks, at most; then their numbers are forgotten.
constexpr std::size_t kMostBetweenLooks = 10'000;

/// Owners by identity: a sensor shares a process as long as it is the same.
bool is_same_sighting(const model::Sighting& a, const model::Sighting& b) {
  const auto& [socket, user, presence, owners, attribution] = a;
  return socket == b.socket && user == b.user && presence == b.presence && owners == b.owners &&
         attribution == b.attribution;
}

/// Numbers as pairs of a first one and how many follow each other.
Json runs_of(const std::vector<std::uint64_t>& numbers) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t length = 1;
    while (i + length < numbers.size() && numbers[i + length] == numbers[i] + length) ++length;
    runs.push_back(Json::array({numbers[i], length}));
    i += length;
  }
  return runs;
}

}  // namespace

base::Status Writer::write(const Record& record, std::string& lines) {
  lines_ = &lines;
  status_ = {};
  std::visit([this](const auto& one) { put(one); }, record);
  lines_ = nullptr;
  return status_;
}

void Writer::put(const Began& began) {
  put_line("portwatch_trace",
           Json::object({{"format", kFormat},
                         {"version", began.version},
                         {"sensor", encode(began.sensor)},
                         {"boot_id", began.boot_id},
                         {"machine_hash", began.machine_hash ? Json(*began.machine_hash) : Json(nullptr)},
                         {"rules", encode(began.rules)},
                         {"at", encode(began.at)}}));
}

void Writer::put(const Looked& looked) {
  const model::Snapshot& snapshot = looked.snapshot;
  if (snapshot.sightings.size() > kMaxSightings) {
    status_ = base::fail(base::ErrorCode::kResourceExhausted,
                         fmt::format("a look shows more than {} sockets", kMaxSightings));
    return;
  }
  if (host_ != snapshot.host) {
    if (host_ == nullptr || *host_ != *snapshot.host) put_line("host", encode(*snapshot.host));
    host_ = snapshot.host;
  }
  if (coverage_ != snapshot.coverage) {
    put_line("coverage", encode(snapshot.coverage));
    coverage_ = snapshot.coverage;
  }
  ++looks_;
  is_looking_ = true;
  std::vector<std::uint64_t> look;
  look.reserve(snapshot.sightings.size());
  std::unordered_map<SocketName, Numbered, SocketNameHash> sightings;
  for (const model::Sighting& sighting : snapshot.sightings) {
    look.push_back(number_of(sighting));
    sightings.insert_or_assign(SocketName{sighting.socket.netns, sighting.socket.id},
                               Numbered{look.back(), sighting});
  }
  sightings_ = std::move(sightings);
  forget_processes();
  is_looking_ = false;

  Json fields = Json::object({{"started_boot_us", json::value(snapshot.started)},
                              {"finished_boot_us", json::value(snapshot.finished)},
                              {"suspended_at_start_us", json::value(snapshot.suspended_at_start)},
                              {"suspended_at_finish_us", json::value(snapshot.suspended_at_finish)},
                              {"at", encode(looked.at)}});
  if (looks_ == 1 || look != last_look_) fields["sightings"] = runs_of(look);
  if (!snapshot.former_holders.empty())
    fields["former_holders"] = json::array_of(
        snapshot.former_holders, [](const model::FormerHolder& former) { return encode(former); });
  if (!snapshot.late_changes.empty())
    fields["late_changes"] =
        json::array_of(snapshot.late_changes, [](const model::LateChange& change) { return encode(change); });
  last_look_ = std::move(look);
  put_line("look", std::move(fields));
}

void Writer::put(const Told& told) {
  const NumberOf number = [this](const model::ProcessRef& process) { return number_of(process); };
  Json observations = Json::array();
  for (const model::Observation& observation : told.told) observations.push_back(encode(observation, number));
  put_line("told", Json::object({{"observations", std::move(observations)}, {"at", encode(told.at)}}));
}

void Writer::put(const Ticked& ticked) {
  put_line("tick", Json::object({{"at", encode(ticked.at)}}));
}

void Writer::put(const RulesChanged& changed) {
  put_line("rules", Json::object({{"rules", encode(changed.rules)}, {"at", encode(changed.at)}}));
}

void Writer::put(const Ended& ended) {
  put_line("end", Json::object({{"at", encode(ended.at)}}));
}

void Writer::put_line(std::string_view kind, Json fields) {
  const std::string line = json::dump(Json::object({{std::string(kind), std::move(fields)}}));
  if (line.size() > kMaxLine)
    status_ = base::fail(base::ErrorCode::kResourceExhausted,
                         fmt::format("a line would be longer than {} MiB", kMaxLine >> 20U));
  *lines_ += line;
  *lines_ += '\n';
}

Json Writer::number_of(const model::ProcessRef& process) {
  if (process == nullptr) return nullptr;
  if (const auto known = processes_.find(process.get()); known != processes_.end()) {
    if (is_looking_) known->second.look = looks_;
    return known->second.number;
  }
  if (!is_looking_ && ++told_processes_ % kMostBetweenLooks == 0) forget_processes();
  const std::uint64_t number = ++last_number_;
  Json fields = encode(*process);
  fields["number"] = number;
  put_line("process", std::move(fields));
  processes_.emplace(process.get(), NumberedProcess{number, is_looking_ ? looks_ : 0, process});
  return number;
}

std::uint64_t Writer::number_of(const model::Sighting& sighting) {
  const auto known = sightings_.find({sighting.socket.netns, sighting.socket.id});
  if (known != sightings_.end() && is_same_sighting(known->second.sighting, sighting)) {
    for (const model::ProcessRef& owner : sighting.owners) (void)number_of(owner);  // it is in this look too
    return known->second.number;
  }
  Json fields = encode(sighting, [this](const model::ProcessRef& owner) { return number_of(owner); });
  const std::uint64_t number = ++last_number_;
  fields["number"] = number;
  put_line("sighting", std::move(fields));
  return number;
}

/// As the reader does, behind each look: what it did not show is gone.
void Writer::forget_processes() {
  std::erase_if(processes_, [this](const auto& item) { return item.second.look < looks_; });
}

}  // namespace portwatch::trace
