// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/socket_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/temp_dir.h"
#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using model::Attribution;
using model::Presence;
using test::image;
using test::listening;
using testing::IsEmpty;
using testing::SizeIs;

class SocketPictureTest : public testing::Test {
 protected:
  bpf::Held held(std::int32_t pid, bpf::Socket socket) {
    auto process = test::make_process(pid);
    process.key = image(pid).key;
    processes_.try_emplace(pid, test::share(std::move(process)));
    return {.holder = image(pid), .uid = base::Uid{1000}, .socket = std::move(socket)};
  }
  static std::vector<int> pids(const model::Sighting& sighting) {
    std::vector<int> pids;
    for (const auto& owner : sighting.owners) pids.push_back(owner->key.pid.value);
    return pids;
  }

  std::map<std::int32_t, model::ProcessRef> processes_;
  std::set<base::Pid> avoided_;
  test::TempDir nowhere_;
  NetworkNamespaces networks_{
      test::kNetns,
      NetworkNames(nowhere_.path().string(), test::no_containers()),
      {.now = [] { return base::BootTime{}; },
       .reading = [](base::Netns, std::vector<base::Pid>) { return std::optional<NetworkReading>(); }}};
  SocketPicture picture_{
      test::kNetns,
      networks_,
      {.process = [this](const bpf::ImageId& image, base::Uid) { return processes_[image.key.pid.value]; },
       .is_avoided = [this](base::Pid pid) { return avoided_.contains(pid); },
       .user_name = [](base::Uid) { return std::optional<std::string>("ana"); },
       .device_name = [](std::uint32_t index) { return index == 0 ? "" : "eth" + std::to_string(index); }}};
};

TEST_F(SocketPictureTest, ShowsASocketOnceWithAllItsHolders) {
  EXPECT_TRUE(picture_.add(held(10, listening("127.0.0.1:80/tcp", 5))));
  EXPECT_TRUE(picture_.add(held(11, listening("127.0.0.1:80/tcp", 5))));
  EXPECT_TRUE(picture_.add(held(10, listening("127.0.0.1:80/tcp", 5))))
      << "a thread with descriptors of its own";
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(1));
  EXPECT_EQ(sightings[0].socket, test::make_socket("127.0.0.1:80/tcp", 5));
  EXPECT_EQ(sightings[0].user, "ana");
  EXPECT_THAT(pids(sightings[0]), testing::ElementsAre(10, 11));
  EXPECT_EQ(sightings[0].attribution, Attribution::kShared);
  EXPECT_EQ(sightings[0].presence, Presence::kListed);
}

TEST_F(SocketPictureTest, SaysHowMuchOfASingleHolderIsKnown) {
  picture_.add(held(10, listening("127.0.0.1:80/tcp", 5)));
  auto gone = held(11, listening("127.0.0.1:81/tcp", 6));
  processes_[11] = nullptr;
  picture_.add(gone);
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(2));
  EXPECT_EQ(sightings[0].attribution, Attribution::kExact);
  EXPECT_EQ(sightings[1].attribution, Attribution::kExited);
}

TEST_F(SocketPictureTest, LeavesOutWhatDoesNotListen) {
  auto bound = listening("127.0.0.1:80/tcp", 5);
  bound.is_listening = false;
  EXPECT_FALSE(picture_.add(held(10, bound)));
  auto client = listening("127.0.0.1:80/udp", 6);
  client.is_connected = true;
  EXPECT_FALSE(picture_.add(held(10, client)));
  EXPECT_THAT(picture_.take(), IsEmpty());
}

TEST_F(SocketPictureTest, TellsTheSamePortInTwoNetworksApart) {
  auto elsewhere = listening("127.0.0.1:80/tcp", 5);
  elsewhere.record.netns = base::Netns{7};
  EXPECT_TRUE(picture_.add(held(10, listening("127.0.0.1:80/tcp", 5))));
  EXPECT_TRUE(picture_.add(held(11, elsewhere)));
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(2));
  EXPECT_EQ(sightings[0].socket.network, "");
  EXPECT_EQ(sightings[1].socket.network, "net:[7]");
}

TEST_F(SocketPictureTest, KnowsWhatIsHeldElsewhereByItsInode) {
  auto elsewhere = listening("127.0.0.1:80/tcp", 5);
  elsewhere.record.netns = base::Netns{7};
  elsewhere.record.inode = 100;
  static_cast<void>(picture_.add(held(10, elsewhere)));
  auto nameless = elsewhere;  // a listener of MPTCP from before we came
  nameless.record.id.value = 0;
  nameless.record.inode = 101;
  static_cast<void>(picture_.add(held(10, nameless)));
  EXPECT_TRUE(picture_.holds(base::Netns{7}, 100));
  EXPECT_TRUE(picture_.holds(base::Netns{7}, 101));
  EXPECT_FALSE(picture_.holds(base::Netns{7}, 102));
  EXPECT_FALSE(picture_.holds(base::Netns{8}, 100));
  picture_.add_unheld(base::Netns{7}, {.id = {model::SocketId::Kind::kInode, 102},
                                       .inode = 102,
                                       .endpoint = test::make_endpoint("0.0.0.0:4789/udp")});
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(2));
  EXPECT_EQ(sightings[1].socket.place(), "0.0.0.0:4789/udp@net:[7]");
  EXPECT_EQ(sightings[1].attribution, model::Attribution::kKernel);
}

TEST_F(SocketPictureTest, TellsAClientFromAListener) {
  auto client = listening("0.0.0.0:40000/udp", 5);
  client.record.bind_intent = model::BindIntent::kAuto;
  EXPECT_FALSE(picture_.add(held(10, client)));
  EXPECT_THAT(picture_.take(), SizeIs(1)) << "it is known not to listen";
}

TEST_F(SocketPictureTest, AddsWhatNoProcessHolds) {
  picture_.add(held(10, listening("127.0.0.1:80/tcp", 5)));
  SocketRow held_row, kernel_row;
  held_row.id = {.value = 5};
  kernel_row = {.id = {.value = 6},
                .inode = 0,
                .endpoint = test::make_endpoint("0.0.0.0:2049/tcp"),
                .uid = base::Uid{0},
                .device_index = 2,
                .is_v6only = {}};
  const auto unheld = picture_.unheld({held_row, kernel_row});
  ASSERT_THAT(unheld, SizeIs(1));
  picture_.add_unheld(test::kNetns, unheld[0]);
  picture_.add_unheld(test::kNetns, unheld[0]);
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(2));
  EXPECT_EQ(sightings[1].socket.endpoint, kernel_row.endpoint);
  EXPECT_EQ(sightings[1].socket.device, "eth2");
  EXPECT_EQ(sightings[1].attribution, Attribution::kKernel);
  EXPECT_THAT(sightings[1].owners, IsEmpty());
}

TEST_F(SocketPictureTest, SaysThatAHolderIsNotLookedInto) {
  auto stuck = held(10, listening("127.0.0.1:80/tcp", 5));
  processes_[10] = nullptr;
  avoided_.insert(base::Pid{10});
  EXPECT_TRUE(picture_.add(stuck));
  const auto sightings = picture_.take();
  ASSERT_THAT(sightings, SizeIs(1));
  EXPECT_EQ(sightings[0].attribution, Attribution::kDenied);
  EXPECT_THAT(sightings[0].owners, IsEmpty());
}

}  // namespace
}  // namespace portwatch::sensor
