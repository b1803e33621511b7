// SPDX-License-Identifier: Apache-2.0
// A folder that looks like procfs.
#include "daemon/sensor/linux/network_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace portwatch::sensor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::Netns kOther{4026532289};

class NetworkReaderTest : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const {
    const auto path = proc_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void lives_in(const std::string& pid, const std::string& netns) const {
    std::filesystem::create_directories(proc_.path() / pid / "ns");
    std::filesystem::create_symlink(netns, proc_.path() / pid / "ns/net");
  }
  std::optional<NetworkReading> read(std::vector<base::Pid> candidates) const {
    return NetworkReader(Procfs(proc_.path().string())).read(kOther, candidates);
  }

  test::TempDir proc_;
};

TEST_F(NetworkReaderTest, AsksWhoLivesThere) {
  lives_in("700", "net:[4026531840]");
  EXPECT_FALSE(read({})) << "nobody was named";
  EXPECT_FALSE(read({base::Pid{699}, base::Pid{700}})) << "one is gone, one lives elsewhere";
  lives_in("701", "net:[4026532289]");
  write("701/net/fib_trie", "|-- 172.17.0.2\n/32 host LOCAL\n");
  write("701/net/route", "eth0 00000000 010011AC 0003 0 0 0 00000000\n");
  write("701/net/if_inet6", "00000000000000000000000000000001 01 80 10 80 lo\n");
  write("701/net/ipv6_route", "");
  write("701/cgroup", "0::/system.slice/nginx.service\n");
  const auto reading = read({base::Pid{700}, base::Pid{701}});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->inhabitant, base::Pid{701});
  EXPECT_EQ(reading->addresses.size(), 2U);
  EXPECT_EQ(reading->routes.size(), 1U);
  EXPECT_TRUE(reading->is_whole);
  EXPECT_EQ(reading->cgroup, "0::/system.slice/nginx.service\n");
}

TEST_F(NetworkReaderTest, SaysWhenItIsNotWhole) {
  lives_in("700", "net:[4026532289]");
  write("700/net/fib_trie", "|-- 127.0.0.1\n/32 host LOCAL\n");
  EXPECT_FALSE(read({base::Pid{700}})->is_whole) << "no routes";
  write("700/net/route", "");
  EXPECT_TRUE(read({base::Pid{700}})->is_whole) << "a kernel without IPv6";
  write("700/net/fib_trie", std::string(std::size_t{2} << 20U, '\n'));
  const auto reading = read({base::Pid{700}});
  EXPECT_FALSE(reading->is_whole) << "too long to be read";
  EXPECT_THAT(reading->addresses, IsEmpty());
}

TEST_F(NetworkReaderTest, ShowsTheSocketsThere) {
  const auto tables = [&] {
    return NetworkReader(Procfs(proc_.path().string())).read_tables(kOther, std::vector{base::Pid{700}});
  };
  EXPECT_FALSE(tables());
  lives_in("700", "net:[4026532289]");
  EXPECT_FALSE(tables()) << "they cannot be read";
  write("700/net/tcp",
        "  sl  local_address rem_address   st\n"
        "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1\n"
        "   1: 0100007F:0051 0100007F:0052 01 00000000:00000000 00:00000000 00000000     0        0 101 1\n");
  write("700/net/udp",
        "   0: 00000000:12B5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 102 2\n");
  const auto rows = tables();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->at(0).inode, 100U);
  EXPECT_EQ(rows->at(1).endpoint.to_string(), "0.0.0.0:4789/udp");
}

}  // namespace
}  // namespace portwatch::sensor
