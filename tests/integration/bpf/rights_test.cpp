// SPDX-License-Identifier: Apache-2.0
// What rights the kernel's programs take, when they are loaded and afterwards, and what is said when they are
// missing.

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <initializer_list>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "daemon/sensor/linux/clock.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/plain_sockets.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bpf::Conditions conditions() {
  return bpf::read_conditions("/proc", "/sys");
}

/// Of this thread, for ever: so it is done in a thread of its own.
void keep_only(std::initializer_list<unsigned> capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  for (const unsigned capability : capabilities) {
    sets[capability / 32].effective |= 1U << capability % 32;
    sets[capability / 32].permitted |= 1U << capability % 32;
  }
  EXPECT_EQ(::syscall(SYS_capset, &header, sets.data()), 0);
}

TEST(BpfRights, NeedsNoRightsOnceItIsLoaded) {
  EventRig& rig = shared_rig();
  const ListeningSocket taken;
  const auto refused = plain_socket(AF_INET, SOCK_STREAM);
  ASSERT_FALSE(bind_to(refused.get(), taken.port()));
  std::thread([&] {
    keep_only({});
    EXPECT_THAT(rig.all<bpf::Opened>(), SizeIs(1));
    EXPECT_FALSE(rig.programs().take_overdue_wishes(sensor::read_clocks(), base::Micros{0}).empty());
    EXPECT_TRUE(rig.programs().watch({.key = {.pid = base::Pid{::getpid()}}}));
    EXPECT_EQ(rig.programs().losses().records, 0U);
  }).join();
}

TEST(BpfRights, LoadsWithThreeCapabilities) {
  std::thread([] {
    keep_only({CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN});
    const auto programs = bpf::EventPrograms::load(conditions());
    ASSERT_TRUE(programs) << programs.error().message;
    EXPECT_THAT(programs->missing(), IsEmpty());
  }).join();
}

TEST(BpfRights, LooksWithoutRightsOnceItIsLoaded) {
  const ListeningSocket socket;
  auto iterator = bpf::SocketIterator::load(conditions());
  ASSERT_TRUE(iterator);
  std::thread([&] {
    keep_only({});
    const auto rows = iterator->look();
    ASSERT_TRUE(rows);
    const auto is_it = [&](const auto& row) { return row.socket.record.inode == inode_of(socket.fd()); };
    EXPECT_EQ(std::ranges::count_if(*rows, is_it), 1);
  }).join();
}

TEST(BpfRights, LooksWithTwoCapabilities) {
  std::thread([] {
    keep_only({CAP_BPF, CAP_PERFMON});
    auto iterator = bpf::SocketIterator::load(conditions());
    ASSERT_TRUE(iterator) << iterator.error().message;
    EXPECT_TRUE(iterator->look());
  }).join();
}

TEST(BpfRights, NamesWhatIsMissing) {
  std::thread([] {
    keep_only({CAP_BPF, CAP_PERFMON});
    const auto programs = bpf::EventPrograms::load(conditions());
    ASSERT_FALSE(programs);
    EXPECT_THAT(programs.error().message, HasSubstr("portwatchd lacks CAP_NET_ADMIN"));
    keep_only({});
    const auto iterator = bpf::SocketIterator::load(conditions());
    ASSERT_FALSE(iterator);
    EXPECT_THAT(iterator.error().message, HasSubstr("portwatchd lacks CAP_BPF, CAP_PERFMON"));
  }).join();
}

TEST(BpfRights, NamesTheProgramThatTheKernelRefuses) {
  std::thread([] {
    const auto all = conditions();
    keep_only({CAP_BPF, CAP_PERFMON});
    // As if something else than a capability were in the way.
    const auto programs = bpf::EventPrograms::load(all);
    ASSERT_FALSE(programs);
    EXPECT_THAT(programs.error().message,
                HasSubstr("program listening: the kernel said: Operation not permitted"));
  }).join();
}

TEST(BpfRights, SaysThatControlGroupsAreElsewhere) {
  auto elsewhere = conditions();
  elsewhere.cgroup_root = "/proc";
  const auto programs = bpf::EventPrograms::load(elsewhere);
  ASSERT_FALSE(programs);
  EXPECT_THAT(programs.error().message, HasSubstr("cannot be attached"));
}

}  // namespace
}  // namespace portwatch::test
