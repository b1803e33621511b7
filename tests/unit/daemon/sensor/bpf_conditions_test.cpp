// SPDX-License-Identifier: Apache-2.0
// Why programs in the kernel cannot be used, in words.
#include "daemon/sensor/linux/bpf/conditions.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include "tests/support/temp_dir.h"

namespace portwatch::sensor::bpf {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t bit(unsigned capability) {
  return std::uint64_t{1} << capability;
}

Conditions fine() {
  return {.kernel = "6.1.0",
          .has_types = true,
          .is_initial_pid_namespace = true,
          .is_initial_user_namespace = true,
          .is_initial_cgroup_namespace = true,
          .capabilities = bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_NET_ADMIN),
          .is_locked_down = false,
          .cgroup_root = "/sys/fs/cgroup"};
}

std::string why_not(const Conditions& conditions, Need need = Need::kControlGroup) {
  return obstacle(conditions, need).value_or("");
}

TEST(BpfConditions, AreFine) {
  EXPECT_EQ(obstacle(fine(), Need::kControlGroup), std::nullopt);
  EXPECT_EQ(obstacle(fine(), Need::kTracing), std::nullopt);
}

TEST(BpfConditions, NameTheCapabilityThatIsMissing) {
  Conditions conditions = fine();
  conditions.capabilities = bit(CAP_BPF);
  EXPECT_THAT(why_not(conditions), HasSubstr("lacks CAP_PERFMON, CAP_NET_ADMIN"));
  conditions.capabilities = bit(CAP_SYS_ADMIN);
  EXPECT_THAT(why_not(conditions), HasSubstr("lacks CAP_NET_ADMIN"));
  conditions.capabilities |= bit(CAP_NET_ADMIN);
  EXPECT_EQ(why_not(conditions), "");
}

TEST(BpfConditions, AskLessOfThePictureThanOfEvents) {
  Conditions conditions = fine();
  conditions.capabilities = bit(CAP_BPF) | bit(CAP_PERFMON);
  conditions.cgroup_root.reset();
  conditions.is_initial_cgroup_namespace = false;
  EXPECT_EQ(why_not(conditions, Need::kTracing), "");
  EXPECT_NE(why_not(conditions, Need::kControlGroup), "");
}

TEST(BpfConditions, NameWhatTheMachineLacks) {
  Conditions conditions = fine();
  conditions.has_types = false;
  EXPECT_THAT(why_not(conditions), HasSubstr("CONFIG_DEBUG_INFO_BTF"));
  conditions = fine();
  conditions.cgroup_root.reset();
  EXPECT_THAT(why_not(conditions), HasSubstr("mount -t cgroup2"));
  conditions = fine();
  conditions.is_locked_down = true;
  EXPECT_THAT(why_not(conditions), HasSubstr("locked down"));
}

TEST(BpfConditions, NameTheNamespaceThatIsInTheWay) {
  Conditions conditions = fine();
  conditions.is_initial_pid_namespace = false;
  EXPECT_THAT(why_not(conditions), HasSubstr("pid namespace"));
  conditions = fine();
  conditions.is_initial_user_namespace = false;
  EXPECT_THAT(why_not(conditions), HasSubstr("user namespace"));
  conditions = fine();
  conditions.is_initial_cgroup_namespace = false;
  EXPECT_THAT(why_not(conditions), HasSubstr("cgroup namespace"));
}

TEST(BpfConditions, ExplainWhatTheKernelSaid) {
  EXPECT_THAT(explain(EPERM, fine()), HasSubstr("security module"));
  EXPECT_THAT(explain(EINVAL, fine()), HasSubstr("kernel 6.1.0 lacks"));
  EXPECT_THAT(explain(ENOMEM, fine()), HasSubstr("memory"));
  EXPECT_THAT(explain(EIO, fine()), Not(HasSubstr("(")));
}

class BpfConditionsOfAFolder : public ::testing::Test {
 protected:
  BpfConditionsOfAFolder() {
    for (const auto* const folder :
         {"proc/self/ns", "proc/thread-self", "proc/sys/kernel", "sys/kernel/btf", "sys/kernel/security"})
      fs::create_directories(folder_.path() / folder);
    write("proc/sys/kernel/osrelease", "6.18.0\n");
    write("proc/thread-self/status", "Name:\tportwatchd\nCapEff:\t000000c000001000\nCapBnd:\t0\n");
    write("proc/self/mountinfo",
          "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
          "31 30 0:27 /user.slice /mnt/part rw - cgroup2 cgroup2 rw\n"
          "32 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate\n");
    write("sys/kernel/btf/vmlinux", "");
    write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    link("pid", "pid:[4026531836]");
    link("user", "user:[4026531837]");
    link("cgroup", "cgroup:[4026531835]");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  void link(const std::string& kind, const std::string& target) {
    const fs::path path = folder_.path() / "proc/self/ns" / kind;
    fs::remove(path);
    fs::create_symlink(target, path);
  }
  [[nodiscard]] Conditions read() const {
    return read_conditions((folder_.path() / "proc").string(), (folder_.path() / "sys").string());
  }

  test::TempDir folder_;
};

TEST_F(BpfConditionsOfAFolder, AreRead) {
  Conditions expected = fine();
  expected.kernel = "6.18.0";
  expected.cgroup_root = "/sys/fs/cgroup/unified";
  EXPECT_EQ(read(), expected);
}

TEST_F(BpfConditionsOfAFolder, TellControlGroupsOfVersion1) {
  EXPECT_FALSE(read().has_cgroup_v1);
  write("proc/self/mountinfo",
        "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "33 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_TRUE(read().has_cgroup_v1);
  EXPECT_EQ(read().cgroup_root, "/sys/fs/cgroup/unified");
}

TEST_F(BpfConditionsOfAFolder, TellNamespaces) {
  link("pid", "pid:[4026532000]");
  link("cgroup", "cgroup:[4026532001]");
  EXPECT_FALSE(read().is_initial_pid_namespace);
  EXPECT_FALSE(read().is_initial_cgroup_namespace);
  EXPECT_TRUE(read().is_initial_user_namespace);
}

TEST_F(BpfConditionsOfAFolder, TellALockedDownKernel) {
  write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  EXPECT_TRUE(read().is_locked_down);
  write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_FALSE(read().is_locked_down);
}

TEST_F(BpfConditionsOfAFolder, ClaimNothingThatCannotBeRead) {
  EXPECT_EQ(read_conditions((folder_.path() / "none").string(), (folder_.path() / "none").string()),
            Conditions{});
}

}  // namespace
}  // namespace portwatch::sensor::bpf
