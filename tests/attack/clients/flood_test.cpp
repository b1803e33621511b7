// SPDX-License-Identifier: Apache-2.0
// Clients that send as much as they can. Whatever it is, another client is answered meanwhile, and the daemon
// does not grow.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "tests/attack/clients/polite_client.h"

namespace portwatch::test {
namespace {

constexpr std::size_t kBurst = 1U << 16U;

std::string call(const std::string& method, const std::string& params = "{}") {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}\n";
}

struct Flood {
  std::string name;
  MobBehaviour mob;
};

void PrintTo(const Flood& flood, std::ostream* out) {
  *out << flood.name;
}

std::vector<Flood> floods() {
  const auto burst = [](const std::string& lines) { return repeated_line(lines, kBurst); };
  return {
      {"LinesOfAMegabyte",
       {.connections = 8, .greeting = kHello, .repeated = std::string(1U << 20U, 'x') + "\n"}},
      {"LinesWithoutEnd", {.connections = 40, .greeting = kHello, .repeated = std::string(kBurst, '{')}},
      {"Nonsense", {.connections = 20, .greeting = kHello, .repeated = burst("x\n")}},
      {"NonsenseWithoutReading",
       {.connections = 60, .greeting = kHello, .repeated = burst("x\n"), .reads = false}},
      {"DeepNesting", {.connections = 20, .greeting = kHello, .repeated = std::string(10'000, '[') + "\n"}},
      {"QuestionsWithoutReading",
       {.connections = 60, .greeting = kHello, .repeated = burst(call("listeners.list")), .reads = false}},
      {"QuestionsWithoutPause", {.connections = 20, .greeting = kHello, .repeated = burst(call("status"))}},
      {"HistoryThatFindsNothing",
       {.connections = 60,
        .greeting = kHello,
        .repeated = burst(call("events.list", R"({"program":"none of these","newest_first":true})"))}},
      {"SubscribeAndUnsubscribe",
       {.connections = 60,
        .greeting = kHello,
        .repeated = burst(call("events.subscribe") + call("events.unsubscribe"))}},
      {"FollowersThatNeverRead",
       {.connections = 60, .greeting = kHello + call("events.subscribe"), .reads = false}},
      {"ConnectAndGo", {.connections = 20, .greeting = kHello + call("status"), .hangs_up = true}},
      {"HalfARequest", {.connections = 60, .greeting = kHello + R"({"jsonrpc":"2.0","id":)"}},
  };
}

class Flooded : public testing::TestWithParam<Flood> {};

TEST_P(Flooded, DaemonAnswersAnotherClientAndDoesNotGrow) {
  OpenDaemon daemon;
  ASSERT_TRUE(daemon.start());
  const auto polite = daemon.client();
  const std::size_t memory = daemon.memory();
  const std::size_t descriptors = daemon.descriptors();
  std::size_t most = 0;
  {
    const ClientMob mob(daemon.socket(), GetParam().mob);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{700};
    int answers = 0;
    while (std::chrono::steady_clock::now() < end || answers < 20) {
      ASSERT_TRUE(polite->call("status").is_object()) << "after " << answers << " answers";
      ++answers;
      most = std::max(most, daemon.memory());
    }
  }
  EXPECT_LT(most, memory + kMostMemory);
  // All that was theirs is given back, and nobody was harmed.
  EXPECT_TRUE(wait_until([&] { return daemon.descriptors() <= descriptors + 1; })) << daemon.descriptors();
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
  EXPECT_EQ(daemon.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(By, Flooded, testing::ValuesIn(floods()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace portwatch::test
