// SPDX-License-Identifier: Apache-2.0
// SO_BINDTODEVICE: how far a socket reaches is decided by a device, and it may be tied to another one, or to
// none, while it listens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/attack/sockets/socket_facts.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using testing::ElementsAre;

/// A second device in the test's own network, with a private address. Only who may change the network has
/// one.
bool make_second_device() {
  const auto run = [](std::vector<std::string> words) {
    words.insert(words.begin(), "ip");
    return run_child(std::move(words)).exit_code == 0;
  };
  if (::if_nametoindex("pwtest0") != 0) return true;
  return ::geteuid() == 0 && run({"link", "add", "pwtest0", "type", "veth", "peer", "name", "pwtest1"}) &&
         run({"addr", "add", "10.99.0.1/24", "dev", "pwtest0"}) && run({"link", "set", "pwtest0", "up"});
}

bool tie(const ListeningSocket& socket, const std::string& device) {
  return ::setsockopt(socket.fd(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                      static_cast<socklen_t>(device.size())) == 0;
}

class Devices : public testing::Test {
 protected:
  void SetUp() override {
    has_second = make_second_device();
    ASSERT_TRUE(has_second || ::geteuid() != 0);
    ASSERT_TRUE(daemon.start());
  }
  bool has_second = false;
  DaemonHarness daemon;
};

TEST_F(Devices, AWildcardOnLoopbackReachesNoFurther) {
  const ListeningSocket socket({.address = "0.0.0.0", .port = free_named_port()});
  ASSERT_TRUE(tie(socket, "lo"));
  const Json listener =
      listener_when(daemon, socket.port(), [](const Json& found) { return found.at("device") == "lo"; });
  EXPECT_EQ(listener.at("address"), "0.0.0.0");
  EXPECT_EQ(listener.at("exposure"), "loopback");
  const Outcome list = daemon.ctl({"list", "--port", std::to_string(socket.port())});
  EXPECT_THAT(list.out, testing::HasSubstr("0.0.0.0%lo"));
}

TEST_F(Devices, OneThatIsLetGoWhileItListensIsSaidToReachFurther) {
  const ListeningSocket socket({.address = "0.0.0.0", .port = free_named_port()});
  const std::uint16_t port = socket.port();
  ASSERT_TRUE(tie(socket, "lo"));
  const Json near = listener_when(daemon, port, [](const Json& found) { return found.at("device") == "lo"; });
  ASSERT_EQ(near.at("exposure"), "loopback");
  // To let go of a device takes CAP_NET_RAW; a process of an ordinary user stays tied.
  if (!tie(socket, "")) {
    EXPECT_NE(::geteuid(), 0U);
    return;
  }
  const Json far =
      listener_when(daemon, port, [](const Json& found) { return found.at("exposure") == "any"; });
  EXPECT_EQ(far.at("exposure"), "any");
  EXPECT_TRUE(far.at("device").is_null());
  EXPECT_NE(far.at("id"), near.at("id"));
  EXPECT_EQ(far.at("socket"), near.at("socket"));
  EXPECT_TRUE(wait_until([&] { return daemon.alerts_on(port).size() == 2; }))
      << "it is another service now, and nobody expected that one";
}

TEST_F(Devices, OneThatIsTiedToAnotherDeviceIsSaidToReachAsFarAsThatOne) {
  if (!has_second) {
    EXPECT_NE(::geteuid(), 0U) << "an ordinary user has no second device to tie it to";
    return;
  }
  const ListeningSocket socket({.address = "0.0.0.0", .port = free_named_port()});
  const std::uint16_t port = socket.port();
  ASSERT_TRUE(tie(socket, "lo"));
  const Json near = listener_when(daemon, port, [](const Json& found) { return found.at("device") == "lo"; });
  ASSERT_EQ(near.at("exposure"), "loopback");
  ASSERT_TRUE(tie(socket, "pwtest0"));
  const Json far =
      listener_when(daemon, port, [](const Json& found) { return found.at("device") == "pwtest0"; });
  EXPECT_EQ(far.at("device"), "pwtest0");
  EXPECT_EQ(far.at("exposure"), "lan");
}

}  // namespace
}  // namespace portwatch::test
