// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/network_namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using model::Exposure;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::Netns kOther{4026532289};

class NetworkNamespacesTest : public testing::Test {
 protected:
  NetworkNamespacesTest() {
    auto host = std::make_shared<model::HostFacts>();
    host->interfaces = {{.name = "docker0",
                         .is_bridge_without_uplink = true,
                         .addresses = {net::IpAddress::v4({172, 17, 0, 1})}}};
    networks_.begin_look(host);
  }

  /// A process that lives there, behind docker's bridge.
  void move_in(std::int32_t pid, const std::string& unit) {
    inhabitants_[pid] = {.inhabitant = base::Pid{pid},
                         .addresses = {net::IpAddress::v4({172, 17, 0, 2})},
                         .routes = {{net::IpAddress::v4({172, 17, 0, 0}), 16, net::IpAddress()}},
                         .is_whole = true,
                         .cgroup = "0::/system.slice/" + unit + "\n"};
  }
  static model::ProcessRef process(std::int32_t pid, std::int32_t parent = 1) {
    auto process = test::make_process(pid);
    process.ancestors = {{.pid = base::Pid{parent}, .start = {}, .name = "parent"}};
    return test::share(process);
  }

  std::map<std::int32_t, NetworkReading> inhabitants_;
  std::vector<std::int32_t> asked_;
  base::BootTime now_ = test::boot_at(std::chrono::minutes{1});
  test::TempDir nowhere_;
  NetworkNamespaces networks_{
      test::kNetns,
      NetworkNames(nowhere_.path().string(), test::no_containers()),
      {.now = [this] { return now_; },
       .reading = [this](base::Netns,
                         const std::vector<base::Pid>& candidates) -> std::optional<NetworkReading> {
         for (const base::Pid pid : candidates) {
           asked_.push_back(pid.value);
           if (const auto found = inhabitants_.find(pid.value); found != inhabitants_.end())
             return found->second;
         }
         return std::nullopt;
       },
       .tables = [](base::Netns,
                    const std::vector<base::Pid>& candidates) -> std::optional<std::vector<SocketRow>> {
         SocketRow row;
         row.inode = static_cast<std::uint64_t>(candidates.at(0).value);
         return std::vector{row};
       }}};
};

TEST_F(NetworkNamespacesTest, LeaveOurOwnWithoutAName) {
  EXPECT_EQ(networks_.of(test::kNetns, process(700)), NetworkNamespaces::Facts{});
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(NetworkNamespacesTest, AreToldByWhoLivesThere) {
  move_in(700, "web.service");
  EXPECT_EQ(networks_.of(kOther, process(700)),
            (NetworkNamespaces::Facts{.name = "web.service", .reach = Exposure::kHostOnly}));
  EXPECT_EQ(networks_.of(kOther, process(701)).name, "web.service");
  EXPECT_THAT(asked_, ElementsAre(700)) << "it was asked a moment ago";
}

TEST_F(NetworkNamespacesTest, AreToldByWhoStartedAProcessThatIsGone) {
  move_in(600, "web.service");
  EXPECT_EQ(networks_.of(kOther, process(700, 600)).name, "web.service");
  EXPECT_THAT(asked_, ElementsAre(700, 600));
}

TEST_F(NetworkNamespacesTest, AreNamelessWhenNobodyLivesThere) {
  const NetworkNamespaces::Facts nobody{.name = "net:[4026532289]", .reach = Exposure::kAny};
  EXPECT_EQ(networks_.of(kOther, process(700)), nobody);
  EXPECT_EQ(networks_.of(kOther, nullptr), nobody);
}

TEST_F(NetworkNamespacesTest, AreNotAskedForAgainOfWhoCouldNotShowThem) {
  for (int event = 0; event < 100; ++event) {
    EXPECT_EQ(networks_.of(kOther, process(700, 600)).name, "net:[4026532289]");
    EXPECT_EQ(networks_.of(kOther, nullptr).name, "net:[4026532289]");
  }
  EXPECT_THAT(asked_, ElementsAre(700, 600));
  move_in(701, "web.service");
  EXPECT_EQ(networks_.of(kOther, process(701, 600)).name, "web.service") << "somebody else can";
  EXPECT_THAT(asked_, ElementsAre(700, 600, 701));
}

TEST_F(NetworkNamespacesTest, AreAskedForAgainAfterAMomentAndAtALook) {
  static_cast<void>(networks_.of(kOther, process(700)));
  move_in(700, "web.service");
  EXPECT_EQ(networks_.of(kOther, process(700)).name, "net:[4026532289]");
  now_ += NetworkNamespaces::kRefusedFor;
  EXPECT_EQ(networks_.of(kOther, process(700)).name, "web.service");

  constexpr base::Netns kAnother{4026532290};
  inhabitants_.clear();
  static_cast<void>(networks_.of(kAnother, process(700)));
  move_in(700, "web.service");
  EXPECT_EQ(networks_.of(kAnother, process(700)).name, "net:[4026532290]");
  networks_.begin_look(nullptr);
  EXPECT_EQ(networks_.of(kAnother, process(700)).name, "web.service");
}

TEST_F(NetworkNamespacesTest, AreAskedForOfABoundedNumberAndThenOfNobody) {
  for (std::int32_t pid = 1000; pid < 2000; ++pid) static_cast<void>(networks_.of(kOther, process(pid)));
  EXPECT_LE(asked_.size(), NetworkNamespaces::kMostRefusals + 6);
  asked_.clear();
  for (std::uint64_t i = 1; i <= 2 * NetworkNamespaces::kMostKnown; ++i) {
    now_ += base::Micros{1};
    static_cast<void>(networks_.of(base::Netns{kOther.value + i}, process(700)));
  }
  asked_.clear();
  static_cast<void>(networks_.of(base::Netns{kOther.value + 1}, process(700)));
  EXPECT_THAT(asked_, ElementsAre(700, 1)) << "the oldest is forgotten";
}

TEST_F(NetworkNamespacesTest, KeepTheirNameAsLongAsItsBearerLivesThere) {
  move_in(700, "web.service");
  move_in(701, "db.service");
  EXPECT_EQ(networks_.of(kOther, process(700)).name, "web.service");
  now_ += NetworkNamespaces::kKnownFor;
  EXPECT_EQ(networks_.of(kOther, process(701)).name, "web.service");
  now_ += NetworkNamespaces::kKnownFor;
  inhabitants_.erase(700);
  EXPECT_EQ(networks_.of(kOther, process(701)).name, "db.service") << "the number may be another's by now";
}

TEST_F(NetworkNamespacesTest, AreAskedAgainWhenTooManyAreKnown) {
  move_in(700, "web.service");
  for (std::uint64_t i = 0; i <= NetworkNamespaces::kMostKnown; ++i) {
    now_ += base::Micros{1};
    static_cast<void>(networks_.of(base::Netns{kOther.value + i}, process(700)));
  }
  asked_.clear();
  static_cast<void>(networks_.of(kOther, process(700)));
  EXPECT_THAT(asked_, ElementsAre(700)) << "the oldest is forgotten";
}

TEST_F(NetworkNamespacesTest, ShowTheirSocketsByWhoLivesThere) {
  EXPECT_FALSE(networks_.tables_of(kOther)) << "nobody is known to";
  move_in(700, "web.service");
  static_cast<void>(networks_.of(kOther, process(700)));
  EXPECT_THAT(networks_.inhabited(), ElementsAre(kOther));
  ASSERT_TRUE(networks_.tables_of(kOther));
  EXPECT_EQ(networks_.tables_of(kOther)->at(0).inode, 700U);
}

TEST_F(NetworkNamespacesTest, PlaceASocket) {
  move_in(700, "web.service");
  const auto name = [](std::uint32_t) { return std::string("eth0"); };
  auto socket = test::make_socket("0.0.0.0:80/tcp", 5);
  place(socket, 3, process(700), networks_, name);
  EXPECT_EQ(socket.place(), "0.0.0.0:80/tcp") << "our own";
  EXPECT_EQ(socket.device, "eth0");
  socket.netns = kOther;
  place(socket, 3, process(700), networks_, name);
  EXPECT_EQ(socket.place(), "0.0.0.0:80/tcp@web.service");
  EXPECT_EQ(socket.device, "if3") << "that of our own namespace is another one";
  EXPECT_EQ(socket.reach, Exposure::kHostOnly);
  place(socket, 1, process(700), networks_, name);
  EXPECT_EQ(socket.device, "lo") << "it has the same number everywhere";
}

}  // namespace
}  // namespace portwatch::sensor
