// SPDX-License-Identifier: Apache-2.0
// A folder that looks like a machine: control groups, and the notes of engines.
#include "daemon/sensor/linux/container_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

namespace portwatch::sensor {
namespace {

const std::string kId = "3f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f62";
const std::string kOther = "ffff1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f623f0c1f62";
const std::string kDocker = "var/lib/docker/containers/" + kId + "/config.v2.json";

class ContainerNamesTest : public testing::Test {
 protected:
  ContainerNamesTest() { make_folder("sys/fs/cgroup/system.slice"); }

  void make_folder(const std::string& path) const {
    std::filesystem::create_directories(root_.path() / path);
  }
  void write(const std::string& file, const std::string& text) const {
    const auto path = root_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  }
  std::optional<ContainerName> name(const std::string& cgroup) {
    return names_.name_of(parse_cgroup("0::" + cgroup + "\n"));
  }
  std::string docker() {
    return name("/system.slice/docker-" + kId + ".scope").value_or(ContainerName{}).container;
  }
  /// Everything is somebody else's.
  void distrust() {
    names_ = ContainerNames({.root = root_.path().string(), .owner = stranger_, .now = clock_});
  }

  test::TempDir root_;
  base::BootTime now_ = test::boot_at(std::chrono::minutes{1});
  std::function<base::BootTime()> clock_ = [this] { return now_; };
  base::Uid stranger_{::geteuid() + 1};
  ContainerNames names_{{.root = root_.path().string(), .owner = base::Uid{::geteuid()}, .now = clock_}};
};

TEST_F(ContainerNamesTest, AreDockers) {
  EXPECT_EQ(docker(), "") << "it does not say";
  now_ += ContainerNames::kUnknownFor;
  write(kDocker, R"({"ID": "ab", "Name": "/web"})");
  EXPECT_EQ(docker(), "web");
  write(kDocker, R"({"Name": "/shop"})");
  EXPECT_EQ(docker(), "web") << "asked a moment ago";
  now_ += ContainerNames::kKnownFor;
  EXPECT_EQ(docker(), "shop");
}

TEST_F(ContainerNamesTest, ArePodmans) {
  write("var/lib/containers/storage/overlay-containers/containers.json",
        R"([{"id": "aa", "names": ["other"]}, {"id": ")" + kId + R"(", "names": ["db"]}])");
  make_folder("sys/fs/cgroup/machine.slice");
  EXPECT_EQ(name("/machine.slice/libpod-" + kId + ".scope/container"),
            (ContainerName{.container = "db", .network = "db"}));
}

TEST_F(ContainerNamesTest, ArePods) {
  const std::string group = "/kubepods.slice/kubepods-pod1.slice";
  make_folder("sys/fs/cgroup" + group);
  const std::string bundle = "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json";
  write(bundle, R"({"annotations": {"io.kubernetes.cri.sandbox-namespace": "shop",
      "io.kubernetes.cri.sandbox-name": "web-7d", "io.kubernetes.cri.container-name": "nginx"}})");
  EXPECT_EQ(name(group + "/cri-containerd-" + kId + ".scope"),
            (ContainerName{.container = "shop/web-7d/nginx", .network = "shop/web-7d"}));
}

TEST_F(ContainerNamesTest, AreThoseOfTheirGroups) {
  EXPECT_EQ(name("/lxc.payload.box/system.slice/nginx.service"),
            (ContainerName{.container = "box", .network = "box"}));
  EXPECT_FALSE(name("/lxc.payload.two words"));
}

TEST_F(ContainerNamesTest, AreFoundByTheOldHierarchiesToo) {
  make_folder("sys/fs/cgroup/systemd/docker");
  write(kDocker, R"({"Name": "/web"})");
  const auto facts = parse_cgroup("1:name=systemd:/docker/" + kId + "\n0::/\n");
  EXPECT_EQ(names_.name_of(facts).value_or(ContainerName{}).container, "web");
}

TEST_F(ContainerNamesTest, AreNotBelievedWhereAUserMayMakeGroups) {
  write(kDocker, R"({"Name": "/web"})");
  const std::string manager = "/user.slice/user-1000.slice/user@1000.service";
  make_folder("sys/fs/cgroup" + manager);
  EXPECT_FALSE(name(manager + "/docker-" + kId + ".scope"));
  EXPECT_EQ(names_.user_of(parse_cgroup("0::" + manager + "/docker-" + kId + ".scope\n")), base::Uid{1000});
  EXPECT_FALSE(name("/system.slice/own.service/docker-" + kId + ".scope"))
      << "nobody knows whose folder it is";
  EXPECT_FALSE(name("/../../docker-" + kId + ".scope")) << "nobody knows where";
  EXPECT_FALSE(name("/docker/" + kOther + "/docker/" + kId)) << "a container made it";
  make_folder("sys/fs/cgroup/docker/" + kOther + "/docker");
  EXPECT_FALSE(name("/docker/" + kOther + "/docker/" + kId));
  distrust();
  EXPECT_EQ(docker(), "");
  EXPECT_EQ(names_.user_of(parse_cgroup("0::/system.slice/docker-" + kId + ".scope\n")),
            base::Uid{::geteuid()});
}

TEST_F(ContainerNamesTest, AreReadFromNobodyElsesFile) {
  const auto path = root_.path() / kDocker;
  const auto asked_again = [&] {
    now_ += ContainerNames::kKnownFor;
    return docker();
  };
  write(kDocker, R"({"Name": "/web"})");
  ASSERT_EQ(::chmod(path.c_str(), 0620), 0);
  EXPECT_EQ(asked_again(), "") << "others can write it";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(asked_again(), "web");
  write("elsewhere", R"({"Name": "/web"})");
  std::filesystem::remove(path);
  std::filesystem::create_symlink(root_.path() / "elsewhere", path);
  EXPECT_EQ(asked_again(), "") << "a link";
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(asked_again(), "") << "a pipe, which nobody waits for";
  std::filesystem::remove(path);
  write(kDocker, std::string(std::size_t{2} << 20U, ' ') + R"({"Name": "/web"})");
  EXPECT_EQ(asked_again(), "") << "too long";
}

TEST_F(ContainerNamesTest, ArePlain) {
  for (const char* json : {R"({"Name": "/two words"})", R"({"Name": "\u001b[31m"})", R"({"Name": 7})",
                           R"({"Name": ""})", R"(["Name"])", "{", ""}) {
    write(kDocker, json);
    now_ += ContainerNames::kKnownFor;
    EXPECT_EQ(docker(), "") << json;
  }
  write(kDocker, "{\"Name\": \"/" + std::string(200, 'x') + "\"}");
  now_ += ContainerNames::kKnownFor;
  EXPECT_EQ(docker(), "") << "too long";
}

TEST(ContainerFiles, PassOverWhatDoesNotFit) {
  EXPECT_FALSE(storage_name(R"([{"id": "aa", "names": []}, {"id": "bb"}, 3, {"names": ["x"]}])", "aa"));
  EXPECT_FALSE(storage_name(R"([{"id": "aa", "names": [7]}])", "aa"));
  EXPECT_FALSE(storage_name(R"({"id": "aa"})", "aa"));
  EXPECT_FALSE(bundle_name(R"({"annotations": ["x"]})"));
  EXPECT_FALSE(bundle_name(R"({"annotations": {"io.kubernetes.pod.name": "web"}})"));
  EXPECT_EQ(bundle_name(R"({"annotations": {"nerdctl/name": "web"}})"),
            (ContainerName{.container = "web", .network = "web"}));
  EXPECT_EQ(
      bundle_name(
          R"({"annotations": {"io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "shop"}})"),
      (ContainerName{.container = "shop/web", .network = "shop/web"}));
}

}  // namespace
}  // namespace portwatch::sensor
