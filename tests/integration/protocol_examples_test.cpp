// SPDX-License-Identifier: Apache-2.0
// PROTOCOL.md tells the truth: its examples, run from the top in one session against a portwatchd that has
// just raised an alert, are answered as it shows.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/protocol_examples.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

TEST(ProtocolExamples, AreAnsweredAsTheDocumentShows) {
  const auto examples = read_protocol_examples();
  ASSERT_TRUE(examples) << examples.error().message;

  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(socket.port()).size() == 1; }));
  const platform::Descriptor client_end = connect_to(socket.port());
  const platform::Descriptor server_end = accept_from(socket);
  Placeholders placeholders;
  placeholders.port = std::to_string(socket.port());
  placeholders.alert = std::to_string(daemon.alerts_on(socket.port()).at(0).at("id").get<int>());
  const std::string epoch = RpcClient(daemon.socket()).hello().at("epoch");
  for (const Json& event : daemon.events_on(socket.port()))
    if (event.at("kind") == "opened")
      placeholders.cursor = epoch + "." + std::to_string(event.at("seq").get<std::int64_t>());
  ASSERT_FALSE(placeholders.cursor.empty());

  RpcClient client(daemon.socket());
  ASSERT_TRUE(client.is_connected());
  std::size_t run = 0;
  for (const Exchange& exchange : *examples) {
    if (exchange.request.empty()) continue;
    SCOPED_TRACE("PROTOCOL.md, line " + std::to_string(exchange.line));
    client.send_line(fill_in(exchange, placeholders));
    for (const std::string& reply : exchange.replies) {
      const auto line = client.read_line();
      ASSERT_TRUE(line) << "no answer to " << exchange.request;
      const auto differs = difference(Json::parse(reply), Json::parse(*line, nullptr, false));
      EXPECT_FALSE(differs) << *differs << "\nin " << *line;
    }
    ++run;
  }
  EXPECT_GE(run, 12U);
}

}  // namespace
}  // namespace portwatch::test
