// SPDX-License-Identifier: Apache-2.0
// What the machine is like, on folders of the test's own.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "daemon/sensor/linux/interfaces.h"
#include "daemon/sensor/linux/make_sensor.h"
#include "tests/support/fake_proc.h"

namespace portwatch::sensor {
namespace {

namespace fs = std::filesystem;

TEST(HostFacts, ReadsProc) {
  test::FakeProc proc;
  proc.write("sys/net/ipv4/ip_local_port_range", "10000\t20000\n");
  const auto facts = read_host_facts(proc.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->boot_id, "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11");
  EXPECT_EQ(facts->netns, base::Netns{4026531840});
  EXPECT_TRUE(facts->is_initial_pid_namespace);
  EXPECT_EQ(facts->dynamic_ports, (model::PortRange{base::Port{10000}, base::Port{20000}}));
}

TEST(HostFacts, KnowsAnotherPidNamespace) {
  test::FakeProc proc;
  proc.link("self/ns/pid", "pid:[4026532001]");
  EXPECT_FALSE(read_host_facts(proc.path())->is_initial_pid_namespace);
}

TEST(HostFacts, KeepsTheUsualRangeWhenTheSystemTellsNone) {
  test::FakeProc proc;
  for (const char* text : {"", "x\ty", "5\t4", "1\t70000", "1"}) {
    proc.write("sys/net/ipv4/ip_local_port_range", text);
    EXPECT_EQ(read_host_facts(proc.path())->dynamic_ports, model::HostFacts{}.dynamic_ports) << text;
  }
  proc.remove("sys/net/ipv4/ip_local_port_range");
  EXPECT_EQ(read_host_facts(proc.path())->dynamic_ports, model::HostFacts{}.dynamic_ports);
}

TEST(HostFacts, FailsWithoutABootId) {
  test::FakeProc proc;
  proc.remove("sys/kernel/random/boot_id");
  EXPECT_FALSE(read_host_facts(proc.path()));
}

TEST(HostFacts, FailsWithoutANetworkNamespace) {
  test::FakeProc proc;
  proc.remove("self/ns/net");
  EXPECT_FALSE(read_host_facts(proc.path()));
}

TEST(Interfaces, KnowsLoopback) {
  const auto interfaces = read_interfaces("/sys/class/net");
  const auto loopback = std::ranges::find_if(interfaces, &model::Interface::is_loopback);
  ASSERT_NE(loopback, interfaces.end());
  EXPECT_FALSE(loopback->name.empty());
}

class BridgeTest : public ::testing::Test {
 protected:
  void make(const char* folder) { fs::create_directories(dir_.path() / folder); }
  [[nodiscard]] bool has_no_uplink(const char* name) {
    return is_bridge_without_uplink(dir_.path().string(), name);
  }

  test::TempDir dir_;
};

TEST_F(BridgeTest, IsHostOnlyWithContainersAlone) {
  make("docker0/bridge");
  make("docker0/brif/veth1");
  make("veth1");
  EXPECT_TRUE(has_no_uplink("docker0"));
}

TEST_F(BridgeTest, IsHostOnlyWhenEmpty) {
  make("docker0/bridge");
  make("docker0/brif");
  EXPECT_TRUE(has_no_uplink("docker0"));
}

TEST_F(BridgeTest, IsNotHostOnlyWithADevice) {
  make("br0/bridge");
  make("br0/brif/eth0");
  make("br0/brif/veth1");
  make("eth0/device");
  make("veth1");
  EXPECT_FALSE(has_no_uplink("br0"));
}

TEST_F(BridgeTest, IsNotHostOnlyWithAVlanOnADevice) {
  make("br0/bridge");
  make("br0/brif/vlan7");
  make("vlan7/lower_eth0/device");
  EXPECT_FALSE(has_no_uplink("br0"));
}

TEST_F(BridgeTest, IsNoOtherInterface) {
  make("eth0/device");
  EXPECT_FALSE(has_no_uplink("eth0"));
  EXPECT_FALSE(has_no_uplink("missing"));
}

}  // namespace
}  // namespace portwatch::sensor
