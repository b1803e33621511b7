// SPDX-License-Identifier: Apache-2.0
// Control groups as systemd and the container engines name them.
#include "daemon/sensor/linux/cgroup.h"

#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

const std::string kId = "2f4b6c8d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3";
const std::string kOtherId = "ffffffff0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3";

struct Case {
  std::string text;
  std::optional<std::string> unit;
  std::optional<std::string> container;
};

TEST(Cgroup, NamesUnitAndContainer) {
  const Case cases[] = {
      {"0::/system.slice/nginx.service\n", "nginx.service", {}},
      {"0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
       "postgresql@15-main.service",
       {}},
      {"0::/system.slice/foo.service/payload/bar.service\n", "foo.service", {}},
      {"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", {}},
      {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-code-4711.scope\n",
       "app-gnome-code-4711.scope",
       {}},
      {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/dev.service/sub\n", "dev.service", {}},
      {"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service", {}},
      {"0::/init.scope\n", "init.scope", {}},
      {"0::/system.slice/_cpu.service\n", "cpu.service", {}},
      {"0::/system.slice/dev-disk-by\\x2duuid.mount\n", "dev-disk-by\\x2duuid.mount", {}},
      {"0::/\n", {}, {}},
      {"", {}, {}},
      {"nonsense\n::\n:\n", {}, {}},
      {"12:pids:/system.slice/ssh.service\n1:name=systemd:/system.slice/ssh.service\n0::/system.slice/"
       "ssh.service\n",
       "ssh.service",
       {}},
      {"4:memory:/docker/" + kId + "\n1:name=systemd:/docker/" + kId + "\n", {}, kId},
      {"0::/system.slice/docker-" + kId + ".scope\n", {}, kId},
      {"0::/system.slice/docker-" + kId + ".scope/init.scope\n", {}, kId},
      {"0::/machine.slice/libpod-" + kId + ".scope/container\n", {}, kId},
      {"1:cpu:/libpod_parent/libpod-" + kId + "\n0::/libpod_parent/libpod-" + kId + "\n", {}, kId},
      {"0::/kubepods/besteffort/pod6f1c/crio-" + kId + "\n", {}, kId},
      {"0::/kubepods/besteffort/pod6f1c/crio-conmon-" + kId + "\n", {}, {}},
      {"0::/machine.slice/libpod-conmon-" + kId + ".scope\n", "libpod-conmon-" + kId + ".scope", {}},
      {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope\n",
       "user@1000.service", kId},
      {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-" + kId +
           ".scope\n",
       {},
       kId},
      {"0::/kubepods/besteffort/pod6f1c/" + kId + "\n", {}, kId},
      {"0::/../../crio-" + kId + ".scope\n", {}, kId},
      {"0::/docker/" + kId + "/docker/" + kOtherId + "\n", {}, kOtherId},
      {"0::/lxc.payload.web/system.slice/nginx.service\n", "nginx.service", "web"},
      {"0::/lxc/web/ns\n", {}, "web"},
      {"0::/lxc.monitor.web\n", {}, {}},
      {"0::/machine.slice/systemd-nspawn@box.service/payload\n", {}, "box"},
      {"0::/machine.slice/machine-box.scope\n", {}, "box"},
      {"0::/lxc/_\n", {}, {}},
      {"0::/system.slice/docker-notanid.scope\n", "docker-notanid.scope", {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const CgroupFacts facts = parse_cgroup(c.text);
    EXPECT_EQ(facts.unit, c.unit);
    EXPECT_EQ(facts.container, c.container);
  }
}

TEST(Cgroup, SaysWhoseNamesTheyAre) {
  EXPECT_EQ(parse_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n").user,
            base::Uid{1000});
  EXPECT_EQ(parse_cgroup("0::/user.slice/user-1000.slice/session-3.scope\n").user, std::nullopt);
  EXPECT_EQ(parse_cgroup("0::/user@4294967296.service\n1:x:/user@.service\n").user, std::nullopt);
}

TEST(Cgroup, SaysWhereTheContainersGroupLies) {
  auto facts = parse_cgroup("0::/system.slice/docker-" + kId + ".scope/init.scope\n");
  EXPECT_EQ(facts.container_folder, "/system.slice");
  EXPECT_EQ(facts.container_hierarchy, "");
  EXPECT_FALSE(facts.is_nested);
  facts = parse_cgroup("1:name=systemd:/docker/" + kId + "\n0::/\n");
  EXPECT_EQ(facts.container_folder, "/docker");
  EXPECT_EQ(facts.container_hierarchy, "systemd");
  facts = parse_cgroup("0::/lxc.payload.web/docker/" + kId + "\n");
  EXPECT_EQ(facts.container_folder, "") << "of the outermost";
  EXPECT_TRUE(facts.is_nested);
  EXPECT_FALSE(
      parse_cgroup("0::/machine.slice/libpod-" + kId + ".scope/libpod-" + kId + ".scope\n").is_nested);
  EXPECT_EQ(parse_cgroup("0::/../../crio-" + kId + ".scope\n").container_folder, std::nullopt);
  EXPECT_EQ(parse_cgroup("0::/system.slice/nginx.service\n").container_folder, std::nullopt);
  EXPECT_TRUE(parse_cgroup("0::/kubepods/besteffort/pod6f1c/" + kId + "\n").is_pod);
}

TEST(Cgroup, IsBounded) {
  const CgroupFacts facts = parse_cgroup("0::/" + std::string(4000, 'x') + ".service\n");
  EXPECT_FALSE(facts.unit && facts.unit->size() > 255);
}

}  // namespace
}  // namespace portwatch::sensor
