// SPDX-License-Identifier: Apache-2.0
// What is no trace, or is not one any more, is refused with its line and what is wrong with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_machine.h"
#include "tests/support/trace_text.h"

namespace portwatch::trace {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// A machine on which one program listens, and then does not.
std::vector<Record> small_life() {
  test::FakeMachine machine;
  const model::ProcessRef program = test::python(100, {"app.py"}).ref();
  Began began{.version = "1.0",
              .sensor = {.name = "fake", .summary = "", .blind_spots = {}, .skipped = {}},
              .boot_id = machine.host().boot_id,
              .machine_hash = "0123456789abcdef",
              .rules = {.profile = model::Profile::kServer, .learning = {}, .look_interval = {}},
              .at = machine.now()};
  std::vector<Record> records{began};
  const auto look = [&] {
    machine.wait(std::chrono::seconds{1});
    records.emplace_back(Looked{machine.snapshot(), machine.now()});
  };
  const auto id = machine.listen(test::endpoint("127.0.0.1", 80), {program});
  look();
  const model::SocketRecord socket = machine.sighting(id).socket;
  machine.close(id);
  records.emplace_back(Told{
      {model::SocketClosed{socket.netns, socket.id, machine.now().boot},
       model::SocketOpened{socket, machine.now().boot, program}, model::HoldersChanged{machine.now().boot},
       model::ObservationsLost{machine.now().boot, machine.now().boot, 3},
       model::WishRefused{
           .wish = model::Wish::kListen,
           .socket = socket,
           .at = machine.now().boot,
           .by = program,
           .cause = model::ConflictCause::kInUse,
           .is_certain = true,
           .holders = {{.kind = model::HolderKind::kBound, .socket = socket, .process = program},
                       {.kind = model::HolderKind::kTimeWait, .socket = socket, .process = nullptr}},
           .count = 7}},
      machine.now()});
  look();
  records.emplace_back(Ticked{machine.now()});
  records.emplace_back(RulesChanged{{.look_interval = std::chrono::seconds{1}}, machine.now()});
  records.emplace_back(Ended{machine.now()});
  return records;
}

std::vector<std::string> small_trace() {
  std::vector<std::string> lines;
  const std::string text = test::trace_of(small_life());
  for (const std::string_view line : base::split(text, '\n'))
    if (!line.empty()) lines.emplace_back(line);
  return lines;
}

std::string error_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const auto records = test::records_of(text);
  return records ? "" : records.error().message;
}

/// The error when the fields of the first line of that kind are changed.
template <class Change>
std::string error_with(std::string_view kind, const Change& change) {
  std::vector<std::string> lines = small_trace();
  for (std::string& line : lines) {
    Json json = Json::parse(line);
    if (!json.contains(kind)) continue;
    change(json[kind]);
    line = json.dump();
    return error_of(lines);
  }
  return "there is no line of that kind";
}

TEST(TraceReader, GivesBackWhatWasWritten) {
  const std::vector<Record> written = small_life();
  const auto read = test::records_of(test::trace_of(written));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), written.size());
  const auto& before = std::get<Looked>(written[1]);
  const auto& after = std::get<Looked>((*read)[1]);
  EXPECT_EQ(after.at, before.at);
  EXPECT_EQ(*after.snapshot.host, *before.snapshot.host);
  EXPECT_EQ(after.snapshot.coverage, before.snapshot.coverage);
  ASSERT_EQ(after.snapshot.sightings.size(), 1U);
  EXPECT_EQ(after.snapshot.sightings[0].socket, before.snapshot.sightings[0].socket);
  EXPECT_EQ(*after.snapshot.sightings[0].owners.at(0), *before.snapshot.sightings[0].owners.at(0));
  const auto& told = std::get<Told>((*read)[2]).told;
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(std::get<model::SocketOpened>(told[1]).opener, after.snapshot.sightings[0].owners.at(0));
  EXPECT_EQ(std::get<model::ObservationsLost>(told[3]).count, 3U);
  const auto& refused = std::get<model::WishRefused>(told[4]);
  EXPECT_EQ(refused.wish, model::Wish::kListen);
  EXPECT_EQ(refused.socket, after.snapshot.sightings[0].socket);
  EXPECT_EQ(refused.by, after.snapshot.sightings[0].owners.at(0));
  EXPECT_EQ(refused.cause, model::ConflictCause::kInUse);
  EXPECT_TRUE(refused.is_certain);
  EXPECT_EQ(refused.count, 7U);
  ASSERT_EQ(refused.holders.size(), 2U);
  EXPECT_EQ(refused.holders[0].kind, model::HolderKind::kBound);
  EXPECT_EQ(refused.holders[0].process, refused.by);
  EXPECT_EQ(refused.holders[1].socket, refused.socket);
  EXPECT_EQ(refused.holders[1].process, nullptr);
  EXPECT_EQ(std::get<RulesChanged>((*read)[5]).rules.look_interval, base::Micros{std::chrono::seconds{1}});
}

TEST(TraceReader, NamesTheLineThatIsDamaged) {
  std::vector<std::string> lines = small_trace();
  lines[4] = lines[4].substr(0, lines[4].size() / 2);
  EXPECT_THAT(error_of(lines), StartsWith("line 5: not valid JSON"));
  EXPECT_THAT(error_of({"#!/bin/sh"}), StartsWith("line 1: not valid JSON"));
  EXPECT_THAT(error_of({"{}"}), HasSubstr("line 1: "));
  EXPECT_THAT(error_of({"{}"}), HasSubstr("is no trace of portwatch"));
  EXPECT_THAT(error_of({"[1]"}), HasSubstr("line 1: "));
}

TEST(TraceReader, NamesTheFieldThatIsMissing) {
  EXPECT_THAT(error_with("sighting", [](Json& fields) { fields.erase("port"); }),
              HasSubstr("/sighting/port is missing"));
  EXPECT_THAT(error_with("process", [](Json& fields) { fields["pid"] = "x"; }), HasSubstr("/process/pid"));
}

TEST(TraceReader, SaysThatANewerPortwatchWroteIt) {
  const std::string error = error_with("portwatch_trace", [](Json& fields) {
    fields["format"] = 2;
    fields.erase("rules");
  });
  EXPECT_THAT(error, HasSubstr("line 1: the trace has format 2, and this portwatch reads format 1"));
}

TEST(TraceReader, IgnoresFieldsThatItDoesNotKnow) {
  EXPECT_EQ(error_with("sighting", [](Json& fields) { fields["new"] = 1; }), "");
}

TEST(TraceReader, RefusesWhatNoSensorTells) {
  const auto backwards = [](Json& fields) { fields["at"]["boot_us"] = 1; };
  EXPECT_THAT(error_with("tick", backwards), HasSubstr("behind what stands before it"));
  EXPECT_THAT(error_with("look", [](Json& fields) { fields["started_boot_us"] = 999'999'999'999'999; }),
              HasSubstr("over before"));
  EXPECT_THAT(error_with("look", [](Json& fields) { fields["finished_boot_us"] = -1; }),
              HasSubstr("31 years"));
  EXPECT_THAT(error_with("look", [](Json& fields) { fields["sightings"] = Json::array({{77, 1}}); }),
              HasSubstr("a sighting that there is not"));
  EXPECT_THAT(error_with("look", [](Json& fields) { fields["sightings"].push_back(fields["sightings"][0]); }),
              HasSubstr("shown once"));
  EXPECT_THAT(error_with("sighting", [](Json& fields) { fields["owners"] = {99}; }),
              HasSubstr("the number of a process"));
  EXPECT_THAT(error_with("sighting",
                         [](Json& fields) { fields["owners"] = {fields["owners"][0], fields["owners"][0]}; }),
              HasSubstr("in order of pid"));
  EXPECT_THAT(error_with("host", [](Json& fields) { fields["boot_id"] = "../x"; }),
              HasSubstr("/host/boot_id"));
  EXPECT_THAT(error_with("told", [](Json& fields) { fields["observations"][0] = {{"exploded", 1}}; }),
              HasSubstr("no observation that this version knows"));
}

TEST(TraceReader, RefusesLinesInAnImpossiblePlace) {
  const std::vector<std::string> lines = small_trace();
  std::vector<std::string> twice = lines;
  twice.insert(twice.begin() + 1, lines[0]);
  EXPECT_THAT(error_of(twice), HasSubstr("line 2: "));
  std::vector<std::string> behind = lines;
  behind.push_back(lines[lines.size() - 3]);
  EXPECT_THAT(error_of(behind), HasSubstr("behind the end"));
  std::vector<std::string> told_first{lines[0]};
  for (const std::string& line : lines)
    if (line.starts_with("{\"told\"")) told_first.push_back(line);
  EXPECT_THAT(error_of(told_first), HasSubstr("before the first look"));
  EXPECT_THAT(error_of({lines[0], "{\"look\":{}}"}), HasSubstr("line 2: "));
  EXPECT_THAT(error_of({lines[0], "{\"dance\":{}}"}),
              HasSubstr("no line of a trace that this version knows"));
}

TEST(TraceReader, BoundsALine) {
  EXPECT_THAT(error_of({std::string(std::size_t{9} << 20U, ' ')}), HasSubstr("longer than 8 MiB"));
  EXPECT_THAT(error_of({std::string(100, '[')}), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace portwatch::trace
