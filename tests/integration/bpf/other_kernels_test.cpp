// SPDX-License-Identifier: Apache-2.0
// Kernels that were built with less than this one: the same types, without the names of what is missing.

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include "daemon/sensor/linux/bpf/event_programs.h"
#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/listening_socket.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {
namespace {

/// Gives another name to a type or a field, everywhere.
void rename(std::string& types, std::string_view name) {
  const std::string whole = '\0' + std::string(name) + '\0';
  std::size_t count = 0;
  for (std::size_t at = types.find(whole); at != std::string::npos; at = types.find(whole, at + 1), ++count)
    types[at + 1] = 'X';
  EXPECT_GT(count, 0U) << name;
}

TEST(BpfOtherKernels, TheSensorWorksWithoutMptcp) {
  std::ifstream kernel("/sys/kernel/btf/vmlinux", std::ios::binary);
  std::string types{std::istreambuf_iterator<char>(kernel), {}};
  rename(types, "is_mptcp");
  rename(types, "mptcp_sock");
  const TempDir folder;
  auto conditions = bpf::read_conditions("/proc", "/sys");
  conditions.types_file = (folder.path() / "types").string();
  std::ofstream(conditions.types_file, std::ios::binary) << types;

  const auto programs = bpf::EventPrograms::load(conditions);
  ASSERT_TRUE(programs) << programs.error().message;
  for (const auto& missing : programs->missing()) ADD_FAILURE() << missing.what << ": " << missing.reason;
  const auto descriptors = bpf::SocketIterator::load(conditions);
  EXPECT_TRUE(descriptors) << descriptors.error().message;
}

/// Linux before 6.2, and kernels without a compiler for such calls.
TEST(BpfOtherKernels, TheSensorTellsTheSameWithoutReadingByType) {
  EventRig rig({.reads_by_type = false});
  for (const auto& missing : rig.programs().missing())
    ADD_FAILURE() << missing.what << ": " << missing.reason;
  const ListeningSocket listening({.address = "::", .is_v6only = true, .shares_port = true});
  const ListeningSocket datagrams({.is_udp = true});
  const ListeningSocket taken;
  const auto opened = rig.all<bpf::Opened>();
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(opened[0].socket.record.endpoint.port.value, listening.port());
  EXPECT_EQ(opened[0].socket.record.is_v6only, true);
  EXPECT_TRUE(opened[0].socket.shares_port);
  EXPECT_EQ(opened[1].socket.record.endpoint.port.value, datagrams.port());
  EXPECT_EQ(rig.who(opened[0].happening.image).name, "bpf_test");
  {
    const auto socket = plain_socket(AF_INET, SOCK_STREAM);
    ASSERT_FALSE(bind_to(socket.get(), taken.port()));
  }
  const auto refused = rig.all<bpf::BindRefused>();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].wished.record.endpoint.port.value, taken.port());
}

}  // namespace
}  // namespace portwatch::test
