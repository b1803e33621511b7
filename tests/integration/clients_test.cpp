// SPDX-License-Identifier: Apache-2.0
// Who is connected to a port, asked of a real daemon about real connections.

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/platform/descriptor.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class Clients : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }
  [[nodiscard]] Json clients_of(const ListeningSocket& socket) const {
    return daemon.client()->call("listeners.clients", {{"port", socket.port()}});
  }

  DaemonHarness daemon;
};

TEST_F(Clients, AreToldWithTheProgramsOfBothSidesAndTheirBytes) {
  const ListeningSocket socket;
  const platform::Descriptor client = connect_to(socket.port());
  const platform::Descriptor server = accept_from(socket);
  const std::string question(1000, '?');
  std::string read(question.size(), ' ');
  ASSERT_EQ(::send(client.get(), question.data(), question.size(), 0), std::ssize(question));
  ASSERT_EQ(::recv(server.get(), read.data(), read.size(), MSG_WAITALL), std::ssize(question));

  const Json answer = clients_of(socket);
  ASSERT_EQ(answer.at("connections").size(), 1U) << answer;
  const Json& connection = answer.at("connections").at(0);
  EXPECT_EQ(connection.at("local").at("port"), socket.port());
  EXPECT_EQ(connection.at("peer").at("address"), "127.0.0.1");
  EXPECT_EQ(connection.at("peer_here"), true);
  EXPECT_EQ(connection.at("received_bytes"), 1000);
  EXPECT_EQ(connection.at("sent_bytes"), 0);
  for (const char* side : {"servers", "clients"}) {
    ASSERT_EQ(connection.at(side).size(), 1U) << answer;
    EXPECT_EQ(connection.at(side).at(0).at("pid"), ::getpid());
    EXPECT_EQ(connection.at(side).at(0).at("uid"), ::geteuid());
  }
  EXPECT_EQ(answer.at("left_out"), 0);
  const std::string port = std::to_string(socket.port());
  EXPECT_THAT(daemon.ctl({"show", "127.0.0.9:" + port, "--clients"}).out, HasSubstr("No client is connected"))
      << "to that address";
  const Outcome shown = daemon.ctl({"show", port, "--clients"});
  EXPECT_THAT(shown.out,
              HasSubstr("127.0.0.1:" + std::to_string(connection.at("peer").at("port").get<int>())));
}

TEST_F(Clients, OfAnIpv6SocketAreTheSameByIpv4) {
  const ListeningSocket socket({.address = "::"});
  const platform::Descriptor client = connect_to(socket.port());
  const platform::Descriptor server = accept_from(socket);
  const Json connection = clients_of(socket).at("connections").at(0);
  EXPECT_EQ(connection.at("local").at("address"), "127.0.0.1");
  EXPECT_EQ(connection.at("clients").size(), 1U);
}

TEST_F(Clients, ThatNobodyHasAcceptedHaveNoServer) {
  const ListeningSocket socket;
  const platform::Descriptor client = connect_to(socket.port());
  const Json connection = clients_of(socket).at("connections").at(0);
  EXPECT_TRUE(connection.at("servers").empty());
  EXPECT_EQ(connection.at("clients").size(), 1U);
}

TEST_F(Clients, AreHeldByEveryProcessThatHasThem) {
  const ListeningSocket socket;
  const platform::Descriptor client = connect_to(socket.port());
  const platform::Descriptor server = accept_from(socket);
  const ForkedChild child;
  const Json connection = clients_of(socket).at("connections").at(0);
  EXPECT_EQ(connection.at("servers").size(), 2U);
  EXPECT_EQ(connection.at("clients").size(), 2U);
}

TEST_F(Clients, AreNoneWhereNobodyIsConnected) {
  const ListeningSocket socket;
  EXPECT_EQ(clients_of(socket).at("connections"), Json::array());
  EXPECT_THAT(daemon.ctl({"show", std::to_string(socket.port()), "--clients"}).out,
              HasSubstr("No client is connected."));
  EXPECT_EQ(daemon.ctl({"show", std::to_string(socket.port()), "--clients", "--at", "1m"}).exit_code, 2);
  EXPECT_EQ(daemon.ctl({"show", "udp/" + std::to_string(socket.port()), "--clients"}).exit_code, 2);
}

}  // namespace
}  // namespace portwatch::test
