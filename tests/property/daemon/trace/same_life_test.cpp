// SPDX-License-Identifier: Apache-2.0
// Whatever a machine lived through, its trace leads to the same events, byte for byte, and is written again
// as it was.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "daemon/core/engine.h"
#include "daemon/trace/texts.h"
#include "tests/property/daemon/core/random_life.h"
#include "tests/support/random_model.h"
#include "tests/support/trace_text.h"

namespace portwatch::trace {
namespace {

std::string text_of(const core::Effects& effects) {
  std::string text = effects.look_again ? "again\n" : "";
  for (const model::Event& event : effects.events) text += json::dump(json::encode(event)) + "\n";
  return text;
}

core::Engine::Options options_of(const Rules& rules) {
  return {.profile = rules.profile, .learning = rules.learning, .scan_interval = rules.look_interval};
}

/// What the core makes of records.
std::string retold(const std::vector<Record>& records) {
  const auto& began = std::get<Began>(records.front());
  core::Engine engine(options_of(began.rules), {});
  std::string text;
  for (const Record& record : records) {
    if (std::holds_alternative<Began>(record))
      text += text_of(engine.start({began.version, began.sensor.name}, began.boot_id, began.at));
    if (const auto* looked = std::get_if<Looked>(&record))
      text += text_of(engine.on_snapshot(looked->snapshot, looked->at));
    if (const auto* told = std::get_if<Told>(&record))
      text += text_of(engine.on_observations(told->told, told->at));
    if (const auto* ticked = std::get_if<Ticked>(&record)) text += text_of(engine.on_tick(ticked->at));
  }
  return text;
}

/// The process with texts that are no text.
model::ProcessRef with_bytes(const model::ProcessRef& process, test::Random& random) {
  auto copy = std::make_shared<model::Process>(*process);
  change_texts(*copy, [&](std::string& text) {
    if (random.chance(20)) text += random.bytes(6);
  });
  copy->image = random.next();
  return copy;
}

std::vector<Record> random_records(std::uint64_t seed) {
  test::RandomLife life(seed);
  test::Random& random = life.random();
  test::FakeMachine& machine = life.machine();
  machine.host().interfaces[1].name += random.bytes(3);
  const Began began{.version = "1.0",
                    .sensor = {.name = random.bytes(5), .summary = "", .blind_spots = {}, .skipped = {}},
                    .boot_id = machine.host().boot_id,
                    .machine_hash = std::nullopt,
                    .rules = {.profile = test::random_enum<model::Profile>(random),
                              .learning = std::chrono::seconds{random.below(20)},
                              .look_interval = std::chrono::seconds{1}},
                    .at = machine.now()};
  std::vector<Record> records{began};
  for (int step = 0; step < 30; ++step) {
    life.live();
    machine.wait(std::chrono::milliseconds{random.between(1, 1500)});
    if (records.size() > 1 && random.chance(40)) {
      Told told{.told = {}, .at = machine.now()};
      for (const model::Sighting& sighting : machine.sightings()) {
        if (random.chance(20))
          told.told.emplace_back(
              model::SocketOpened{sighting.socket, machine.now().boot,
                                  sighting.owners.empty() ? nullptr : sighting.owners.front()});
        if (random.chance(20))
          told.told.emplace_back(model::SocketClosed{sighting.socket.netns, sighting.socket.id,
                                                     machine.now().boot, test::random_ending(random)});
      }
      if (random.chance(20)) {
        model::HoldersChanged changed{machine.now().boot, {}};
        for (const model::Sighting& sighting : machine.sightings())
          for (const model::ProcessRef& owner : sighting.owners)
            if (random.chance(20)) changed.ended.push_back({owner->key, test::random_ending(random)});
        told.told.emplace_back(std::move(changed));
      }
      records.emplace_back(std::move(told));
      continue;
    }
    model::Snapshot snapshot = life.snapshot();
    life.blur(snapshot);
    for (const model::Sighting& sighting : machine.sightings())
      for (const model::ProcessRef& owner : sighting.owners)
        if (random.chance(5)) snapshot.former_holders.push_back({owner->key, random.chance(50)});
    for (const model::Sighting& sighting : machine.sightings())
      for (const model::ProcessRef& owner : sighting.owners)
        if (random.chance(5)) snapshot.late_changes.push_back({owner->key, snapshot.started});
    for (model::Sighting& sighting : snapshot.sightings) {
      sighting.socket.device = random.chance(5) ? random.bytes(4) : sighting.socket.device;
      if (random.chance(10))
        for (model::ProcessRef& owner : sighting.owners) owner = with_bytes(owner, random);
    }
    records.emplace_back(Looked{snapshot, machine.now()});
    records.emplace_back(Ticked{machine.now()});
  }
  return records;
}

TEST(Traces, LeadToTheSameEvents) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Record> lived = random_records(seed);
    const std::string text = test::trace_of(lived);
    const auto read = test::records_of(text);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(retold(*read), retold(lived));
    ASSERT_EQ(test::trace_of(*read), text);
  }
}

TEST(Traces, KeepEveryFieldOfAProcess) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    test::FakeMachine machine;
    const auto process = with_bytes(std::make_shared<model::Process>(test::random_process(random)), random);
    const auto id = machine.listen(test::endpoint("127.0.0.1", 80), {process});
    model::Sighting& sighting = machine.sighting(id);
    sighting.user = random.bytes(6);
    sighting.socket = test::random_listener(random).socket;
    sighting.socket.network = "web-1";
    sighting.socket.reach = test::random_enum<model::Exposure>(random);
    const Began began{.version = "",
                      .sensor = test::random_status(random).sensor,
                      .boot_id = machine.host().boot_id,
                      .machine_hash = {},
                      .rules = {},
                      .at = machine.now()};
    machine.coverage() = test::random_coverage(random);
    const Looked looked{machine.snapshot(), machine.now()};
    const auto read = test::records_of(test::trace_of({began, looked}));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(std::get<Began>(read->front()).sensor, began.sensor);
    const model::Snapshot& snapshot = std::get<Looked>(read->back()).snapshot;
    ASSERT_EQ(snapshot.coverage, looked.snapshot.coverage);
    ASSERT_EQ(snapshot.sightings.at(0).socket, looked.snapshot.sightings.at(0).socket);
    ASSERT_EQ(snapshot.sightings.at(0).user, looked.snapshot.sightings.at(0).user);
    ASSERT_TRUE(*snapshot.sightings.at(0).owners.at(0) == *process);
  }
}

}  // namespace
}  // namespace portwatch::trace
