// SPDX-License-Identifier: Apache-2.0
// decode(encode(m)) == m for every model value whose texts are valid UTF-8, through the text that is really
// sent.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "tests/support/random_model.h"

namespace portwatch::json {
namespace {

template <class T>
void expect_round_trips(T (*make)(test::Random&)) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    const T original = make(random);
    const std::string line = dump(encode(original));
    ASSERT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse(line);
    ASSERT_TRUE(parsed) << parsed.error().message << "\n" << line;
    const auto decoded = decode<T>(*parsed);
    ASSERT_TRUE(decoded) << decoded.error().message << "\n" << line;
    ASSERT_TRUE(*decoded == original) << line;
  }
}

TEST(RoundTrip, KeepsProcesses) {
  expect_round_trips(test::random_process);
}
TEST(RoundTrip, KeepsListeners) {
  expect_round_trips(test::random_listener);
}
TEST(RoundTrip, KeepsAlerts) {
  expect_round_trips(test::random_alert);
}
TEST(RoundTrip, KeepsBaselineEntries) {
  expect_round_trips(test::random_baseline_entry);
}
TEST(RoundTrip, KeepsEvents) {
  expect_round_trips(test::random_event);
}
TEST(RoundTrip, KeepsCoverage) {
  expect_round_trips(test::random_coverage);
}
TEST(RoundTrip, KeepsStatus) {
  expect_round_trips(test::random_status);
}
TEST(RoundTrip, KeepsEventQueries) {
  expect_round_trips(test::random_event_query);
}
TEST(RoundTrip, KeepsAlertQueries) {
  expect_round_trips(test::random_alert_query);
}
TEST(RoundTrip, KeepsPastQueries) {
  expect_round_trips(test::random_past_query);
}

/// Replaces, cuts and inserts bytes of a valid line.
std::string mutate(std::string line, test::Random& random) {
  for (std::uint64_t left = random.between<std::uint64_t>(1, 8); left > 0 && !line.empty(); --left) {
    const auto at = static_cast<std::size_t>(random.below(line.size()));
    switch (random.below(3)) {
      case 0: line[at] = static_cast<char>(static_cast<unsigned char>(random.below(256))); break;
      case 1: line.erase(at, random.between<std::size_t>(1, 40)); break;
      default: line.insert(at, random.chance(50) ? random.bytes(4) : "[{\"a\":1e999,"); break;
    }
  }
  return line;
}

TEST(Decode, AnswersAnyDamagedTextWithAnErrorOrAValue) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    const std::string line = mutate(dump(encode(test::random_event(random))), random);
    const auto parsed = parse(line);
    if (!parsed) {
      EXPECT_EQ(parsed.error().code, base::ErrorCode::kCorrupt);
      continue;
    }
    const auto event = decode<model::Event>(*parsed);
    if (event) {
      EXPECT_TRUE(decode<model::Event>(encode(*event)));
    } else {
      EXPECT_EQ(event.error().code, base::ErrorCode::kCorrupt);
      EXPECT_FALSE(event.error().message.empty());
    }
  }
}

TEST(Encode, MakesValidUtf8OfAnyBytes) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    model::Listener listener = test::random_listener(random);
    model::Process process = test::random_process(random);
    process.name = random.bytes(30);
    process.argv = {random.bytes(30), random.bytes(30)};
    process.cwd = random.bytes(30);
    process.exe = model::Executable{.path = random.bytes(30)};
    listener.owners = {std::make_shared<const model::Process>(process)};
    listener.program = {.kind = model::ProgramKind::kName, .id = random.bytes(30), .label = random.bytes(30)};
    listener.service.program = random.bytes(30);
    const auto parsed = parse(dump(encode(listener)));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(decode<model::Listener>(*parsed));
  }
}

}  // namespace
}  // namespace portwatch::json
