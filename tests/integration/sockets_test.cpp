// SPDX-License-Identifier: Apache-2.0
// What portwatchd says of real sockets, of every kind, from their opening to their end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::multiset<int> pids_of(const Json& listener) {
  std::multiset<int> pids;
  for (const Json& owner : listener.at("owners")) pids.insert(owner.at("pid").get<int>());
  return pids;
}

std::vector<std::string> kinds_of(const Json& events) {
  std::vector<std::string> kinds;
  for (const Json& event : events)
    if (event.at("kind") != "alert_raised") kinds.push_back(event.at("kind"));
  return kinds;
}

class Sockets : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }

  /// The one listener on the port, once it is seen.
  Json only(std::uint16_t port) {
    EXPECT_TRUE(daemon.sees(port));
    const Json listeners = daemon.listeners_on(port);
    return listeners.size() == 1 ? listeners.at(0) : Json::object();
  }

  DaemonHarness daemon;
};

TEST_F(Sockets, NamesAddressFamilyExposureAndOwnerOfIpv4Tcp) {
  const ListeningSocket socket({.port = free_named_port()});
  const Json listener = only(socket.port());
  EXPECT_EQ(listener.at("protocol"), "tcp");
  EXPECT_EQ(listener.at("family"), "ipv4");
  EXPECT_EQ(listener.at("address"), "127.0.0.1");
  EXPECT_EQ(listener.at("exposure"), "loopback");
  EXPECT_EQ(listener.at("attribution"), "exact");
  EXPECT_EQ(listener.at("verdict"), "unknown");
  EXPECT_THAT(pids_of(listener), ElementsAre(getpid()));
  const Json& owner = listener.at("owners").at(0);
  EXPECT_EQ(owner.at("exe"), std::filesystem::read_symlink("/proc/self/exe").native());
  EXPECT_EQ(owner.at("cwd"), std::filesystem::current_path().native());
  EXPECT_EQ(owner.at("uid"), geteuid());
}

TEST_F(Sockets, TellsIpv6FromDualStack) {
  const ListeningSocket v6({.address = "::1"}), v6only({.address = "::", .is_v6only = true}),
      dual({.address = "::"});
  EXPECT_EQ(only(v6.port()).at("address"), "::1");
  EXPECT_EQ(only(v6.port()).at("exposure"), "loopback");
  const Json wildcard = only(v6only.port());
  EXPECT_EQ(wildcard.at("address"), "::");
  EXPECT_EQ(wildcard.at("exposure"), "any");
  EXPECT_EQ(wildcard.at("v6only"), true);
  EXPECT_EQ(only(dual.port()).at("v6only"), false);
}

TEST_F(Sockets, SeesUdpThatIsBoundAndNotTcpThatDoesNotListen) {
  const ListeningSocket udp({.is_udp = true}), udp6({.is_udp = true, .address = "::1"}),
      bound({.listens = false});
  EXPECT_EQ(only(udp.port()).at("protocol"), "udp");
  EXPECT_EQ(only(udp6.port()).at("family"), "ipv6");
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_TRUE(daemon.listeners_on(bound.port()).empty());
}

TEST_F(Sockets, TellsTwoSocketsThatShareAPortApart) {
  const ListeningSocket first({.shares_port = true});
  const ListeningSocket second({.port = first.port(), .shares_port = true});
  EXPECT_TRUE(daemon.sees(first.port(), 2));
  const Json listeners = daemon.listeners_on(first.port());
  ASSERT_EQ(listeners.size(), 2U);
  EXPECT_NE(listeners.at(0).at("id"), listeners.at(1).at("id"));
}

TEST_F(Sockets, RemembersASocketThatIsGone) {
  ListeningSocket socket;
  const std::string id = only(socket.port()).at("id");
  socket.close();
  EXPECT_TRUE(daemon.sees(socket.port(), 0));
  ASSERT_TRUE(wait_until([&] { return daemon.events_on(socket.port()).size() >= 2; }));
  const Json events = daemon.events_on(socket.port());
  EXPECT_THAT(kinds_of(events), ElementsAre("opened", "closed"));
  for (const Json& event : events) {
    EXPECT_EQ(event.at("listener").at("id"), id);
    EXPECT_FALSE(event.at("listener").at("owners").empty());
  }
  EXPECT_EQ(events.at(0).at("precision"), "poll");
}

/// A look sees whether the holder is still there, and no more.
TEST_F(Sockets, SaysWhetherTheHolderOfWhatIsGoneEnded) {
  const auto ending = [&](std::uint16_t port) {
    EXPECT_TRUE(daemon.sees(port, 0));
    Json last;
    for (const Json& event : daemon.events_on(port))
      if (event.at("kind") == "closed") last = event.at("listener").at("ending");
    return last;
  };
  ListeningSocket kept({.port = free_named_port()});
  static_cast<void>(only(kept.port()));
  kept.close();
  EXPECT_EQ(ending(kept.port()).at("cause"), "closed");

  auto handed_on =
      std::make_unique<ListeningSocket>(SocketWishes{.port = free_named_port(), .is_inherited = true});
  const std::uint16_t port = handed_on->port();
  ChildProcess child({"sleep", "1000"});
  handed_on.reset();
  ASSERT_TRUE(wait_until([&] {
    const Json listeners = daemon.listeners_on(port);
    return !listeners.empty() && pids_of(listeners.at(0)) == std::multiset{child.pid()};
  }));
  child.signal(SIGKILL);
  ASSERT_TRUE(child.wait());
  const Json last = ending(port);
  EXPECT_EQ(last.at("cause"), "ended");
  EXPECT_EQ(last.at("pid"), child.pid());
}

TEST_F(Sockets, SocketThatListensAgainIsANewListener) {
  ListeningSocket socket;
  const std::string first = only(socket.port()).at("id");
  const std::uint16_t port = socket.port();
  socket.close();
  ASSERT_TRUE(daemon.sees(port, 0));
  const ListeningSocket again({.port = port});
  EXPECT_NE(only(port).at("id"), first);
}

TEST_F(Sockets, NamesEveryHolderOfAForkedSocketAndNoticesWhenOneGoes) {
  auto socket = std::make_unique<ListeningSocket>(SocketWishes{.is_inherited = true});
  const std::uint16_t port = socket->port();
  ChildProcess child({"sleep", "1000"});
  ASSERT_TRUE(daemon.sees(port));
  ASSERT_TRUE(wait_until(
      [&] { return pids_of(daemon.listeners_on(port).at(0)) == std::multiset{getpid(), child.pid()}; }));
  EXPECT_EQ(daemon.listeners_on(port).at(0).at("attribution"), "shared");

  const std::string id = daemon.listeners_on(port).at(0).at("id");
  socket.reset();
  ASSERT_TRUE(
      wait_until([&] { return pids_of(daemon.listeners_on(port).at(0)) == std::multiset{child.pid()}; }));
  EXPECT_EQ(daemon.listeners_on(port).at(0).at("id"), id) << "it is still the same listening period";
  ASSERT_TRUE(wait_until([&] {
    const auto kinds = kinds_of(daemon.events_on(port));
    return std::ranges::count(kinds, "owner_changed") >= 1;
  }));

  child.signal(SIGKILL);
  ASSERT_TRUE(child.wait());
  EXPECT_TRUE(daemon.sees(port, 0));
}

TEST_F(Sockets, AnswersTheSameToACliAsToAProgram) {
  const ListeningSocket socket;
  ASSERT_TRUE(daemon.sees(socket.port()));
  // A child of this test holds the socket too until it becomes portwatchctl, and a look can fall into that
  // moment.
  EXPECT_TRUE(wait_until([&] {
    const Json list = daemon.ctl_json({"list"});
    EXPECT_EQ(list.value("schema", 0), 1);
    Json of_the_cli = Json::array();
    for (const Json& listener : list.at("listeners"))
      if (listener.at("port") == socket.port()) of_the_cli.push_back(listener);
    return !of_the_cli.empty() && of_the_cli == daemon.listeners_on(socket.port());
  })) << daemon.listeners_on(socket.port());

  const Outcome show = daemon.ctl({"show", std::to_string(socket.port())});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, testing::HasSubstr(std::to_string(getpid())));
}

TEST_F(Sockets, LooksWithoutADaemon) {
  const ListeningSocket socket;
  const Outcome once = daemon.portwatchd({"--once"});
  ASSERT_EQ(once.exit_code, 0) << once.err;
  const Json answer = Json::parse(once.out, nullptr, false);
  ASSERT_TRUE(answer.is_object());
  EXPECT_EQ(answer.at("schema"), 1);
  std::size_t found = 0;
  for (const Json& listener : answer.at("listeners")) {
    if (listener.at("port") != socket.port()) continue;
    ++found;
    EXPECT_THAT(pids_of(listener), ElementsAre(getpid()));
  }
  EXPECT_EQ(found, 1U);
}

}  // namespace
}  // namespace portwatch::test
