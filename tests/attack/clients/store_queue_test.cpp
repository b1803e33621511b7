// SPDX-License-Identifier: Apache-2.0
// Questions to the store that nobody waits for any more: whoever asks them keeps nobody else waiting.
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/attack/clients/polite_client.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

constexpr int kListeners = 150;
constexpr int kQuestions = 5;

std::chrono::milliseconds time_of_questions(RpcClient& client) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kQuestions; ++i) EXPECT_TRUE(client.call("events.list").is_object());
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

TEST(StoreQueue, OfAbandonedQuestionsKeepsNobodyElseWaiting) {
  OpenDaemon daemon;
  ASSERT_TRUE(daemon.start());
  const std::vector<ListeningSocket> sockets(kListeners);
  const auto polite = daemon.client();
  ASSERT_TRUE(wait_until([&] { return polite->call("status").at("store").at("last_seq") > kListeners; }));
  const std::string cursor = polite->call("status").at("epoch").get<std::string>() + ".0";
  const std::string pair = R"({"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":")" +
                           cursor + "\"}}\n" + R"({"jsonrpc":"2.0","id":2,"method":"events.unsubscribe"})" +
                           "\n";

  const auto alone = time_of_questions(*polite);
  const ClientMob mob(daemon.socket(),
                      {.connections = 2, .greeting = kHello, .repeated = repeated_line(pair, 1U << 16U)});
  // Once its queue is full, or would be.
  ASSERT_TRUE(wait_until([&] { return polite->call("status").at("sessions") == 3; }));
  time_of_questions(*polite);
  EXPECT_LT(time_of_questions(*polite), 20 * alone + std::chrono::seconds{1});
}

}  // namespace
}  // namespace portwatch::test
