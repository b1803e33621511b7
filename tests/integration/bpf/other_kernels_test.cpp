// SPDX-License-Identifier: Apache-2.0
// Kernels that were built with less than this one: the same types, without the names of what is missing.

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "daemon/sensor/linux/bpf/event_programs.h"
#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "tests/integration/bpf/event_rig.h"
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

}  // namespace
}  // namespace portwatch::test
