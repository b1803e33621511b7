// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace portwatch::sensor {
namespace {

constexpr base::Netns kOther{4026532289};
const std::string kId = "3f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f62";

class NetworkNamesTest : public testing::Test {
 protected:
  NetworkNames names() const {
    return {folder_.path().string(),
            ContainerNames({.root = folder_.path().string(), .owner = base::Uid{::geteuid()}, .now = [] {
                              return base::BootTime{};
                            }})};
  }
  std::string name(const std::string& cgroup, base::Netns netns = kOther) const {
    NetworkReading reading;
    reading.cgroup = "0::" + cgroup + "\n";
    return names().name_of(netns, reading);
  }
  /// A file is as good as a namespace: both have a number.
  base::Netns mount(const std::string& name) const {
    const auto path = folder_.path() / "run/netns" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "";
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return base::Netns{status.st_ino};
  }

  test::TempDir folder_;
};

TEST_F(NetworkNamesTest, AreTheContainers) {
  EXPECT_EQ(name("/lxc.payload.web/system.slice/nginx.service"), "net:[4026532289]")
      << "nobody knows whose it is";
  std::filesystem::create_directories(folder_.path() / "sys/fs/cgroup/machine.slice");
  EXPECT_EQ(name("/system.slice/docker-" + kId + ".scope"), "3f0c1f623f0c");
  EXPECT_EQ(name("/lxc.payload.web/system.slice/nginx.service"), "web");
  EXPECT_EQ(name("/machine.slice/systemd-nspawn@box.service/payload"), "box");
}

TEST_F(NetworkNamesTest, SayWhichUserChoseThem) {
  EXPECT_EQ(name("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope"),
            "user-1000:3f0c1f623f0c");
  EXPECT_EQ(name("/user.slice/user-1000.slice/user@1000.service/lxc.payload.web"), "user-1000:web");
  EXPECT_EQ(name("/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service"), "net:[4026532289]")
      << "it could be called like one of the system's";
}

TEST_F(NetworkNamesTest, AreTheServices) {
  EXPECT_EQ(name("/system.slice/nginx.service"), "nginx.service");
  EXPECT_EQ(name("/user.slice/user-1000.slice/session-3.scope"), "net:[4026532289]")
      << "a person's session names no network";
  EXPECT_EQ(name("/"), "net:[4026532289]");
}

TEST_F(NetworkNamesTest, AreThoseOfIpNetns) {
  static_cast<void>(mount("red"));
  const base::Netns blue = mount("blue");
  EXPECT_EQ(name("/system.slice/nginx.service", blue), "blue")
      << "it says more than who happens to live there";
  EXPECT_EQ(names().name_of(blue), "blue");
  EXPECT_EQ(names().name_of(kOther), "net:[4026532289]");
  const base::Netns hostile = mount("two words");
  EXPECT_EQ(names().name_of(hostile), "net:[" + std::to_string(hostile.value) + "]");
}

TEST_F(NetworkNamesTest, ArePlain) {
  EXPECT_EQ(name("/lxc.payload.two words"), "net:[4026532289]");
  EXPECT_EQ(name("/lxc.payload.\x1b[31mred"), "net:[4026532289]");
  EXPECT_EQ(name("/system.slice/x severity=high.service"), "net:[4026532289]");
  EXPECT_TRUE(is_plain_name("foo@dev-disk\\x2d1:2.service"));
  EXPECT_FALSE(is_plain_name(""));
  EXPECT_TRUE(is_plain_name("shop/web-7d"));
  EXPECT_FALSE(is_plain_name("net:[1]")) << "only a namespace without a name is called so";
  EXPECT_FALSE(is_plain_name(std::string(129, 'x')));
}

}  // namespace
}  // namespace portwatch::sensor
