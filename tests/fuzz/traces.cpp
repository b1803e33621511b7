// SPDX-License-Identifier: Apache-2.0
// A trace of a stranger: whatever is in the file, it is refused, or it is one that a sensor could have told:
// the core goes through it, and it is written again as a trace that leads to the same.
#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "daemon/core/engine.h"
#include "daemon/trace/reader.h"
#include "daemon/trace/writer.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

using trace::Record;

/// As far as it can be read.
std::vector<Record> read_records(std::string_view text) {
  trace::Reader reader;
  std::vector<Record> records;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto record = reader.read(text.substr(0, end));
    if (!record) {
      PW_ASSERT(record.error().message.starts_with("line "));
      break;
    }
    if (*record) records.push_back(**record);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return records;
}

struct Step {
  core::Engine& engine;

  core::Effects operator()(const trace::Began& began) const {
    return engine.start({began.version, began.sensor.name}, began.boot_id, began.at);
  }
  core::Effects operator()(const trace::Looked& looked) const {
    return engine.on_snapshot(looked.snapshot, looked.at);
  }
  core::Effects operator()(const trace::Told& told) const {
    return engine.on_observations(told.told, told.at);
  }
  core::Effects operator()(const trace::Ticked& ticked) const { return engine.on_tick(ticked.at); }
  core::Effects operator()(const trace::RulesChanged& changed) const {
    const auto& [profile, learning, look_interval] = changed.rules;
    return engine.set_options({profile, learning, look_interval}, changed.at);
  }
  core::Effects operator()(const trace::Ended& ended) const { return engine.stop(ended.at); }
};

std::string events_of(const std::vector<Record>& records) {
  if (records.empty()) return "";
  const auto* const began = std::get_if<trace::Began>(&records.front());
  PW_ASSERT(began != nullptr);
  core::Engine engine({began->rules.profile, began->rules.learning, began->rules.look_interval}, {});
  std::string text;
  for (const Record& record : records)
    for (const model::Event& event : std::visit(Step{engine}, record).events)
      text += json::dump(json::encode(event)) + "\n";
  return text;
}

}  // namespace

void traces(std::string_view input) {
  const std::vector<Record> records = read_records(input);
  const std::string events = events_of(records);
  trace::Writer writer;
  std::string text;
  for (const Record& record : records) PW_ASSERT(writer.write(record, text));
  const std::vector<Record> again = read_records(text);
  PW_ASSERT(again.size() == records.size());
  PW_ASSERT(events_of(again) == events);
}

}  // namespace portwatch::fuzz
