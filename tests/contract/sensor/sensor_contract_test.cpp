// SPDX-License-Identifier: Apache-2.0
// What every sensor owes: daemon/interface/sensor.h, in each world.

#include <algorithm>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sensor/worlds.h"

namespace portwatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

template <class World>
class SensorContract : public ::testing::Test {
 protected:
  model::Snapshot scan() {
    auto snapshot = world_.sensor().scan();
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot ? *std::move(snapshot) : model::Snapshot{};
  }
  /// Those with this endpoint.
  static std::vector<model::Sighting> at(const net::Endpoint& endpoint, const model::Snapshot& snapshot) {
    std::vector<model::Sighting> found;
    std::ranges::copy_if(snapshot.sightings, std::back_inserter(found), [&](const model::Sighting& sighting) {
      return sighting.socket.endpoint == endpoint;
    });
    return found;
  }
  std::vector<model::Sighting> scan_for(const net::Endpoint& endpoint) { return at(endpoint, scan()); }
  static std::vector<int> pids(const model::Sighting& sighting) {
    std::vector<int> result;
    for (const auto& owner : sighting.owners) result.push_back(owner->key.pid.value);
    return result;
  }

  World world_;
};

TYPED_TEST_SUITE(SensorContract, SensorWorlds);

TYPED_TEST(SensorContract, ListsEachSocketOnce) {
  for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp}) {
    for (const char* address : {"127.0.0.1", "0.0.0.0", "::1", "::"}) {
      SCOPED_TRACE(address);
      const auto socket = this->world_.open(protocol, address);
      const auto found = this->scan_for(socket.endpoint);
      ASSERT_EQ(found.size(), 1U);
      EXPECT_EQ(found[0].presence, model::Presence::kListed);
    }
  }
}

TYPED_TEST(SensorContract, SaysWhatItCovers) {
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto snapshot = this->scan();
  ASSERT_TRUE(snapshot.host);
  EXPECT_FALSE(snapshot.host->boot_id.empty());
  const auto found = this->at(socket.endpoint, snapshot);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].socket.netns, snapshot.host->netns);
  EXPECT_TRUE(std::ranges::is_sorted(snapshot.coverage.tables));
  const model::Table table{found[0].socket.netns, net::Protocol::kTcp, net::Family::kIpv4};
  EXPECT_TRUE(std::ranges::binary_search(snapshot.coverage.tables, table));
}

TYPED_TEST(SensorContract, SaysWhenItLooked) {
  const auto first = this->scan();
  EXPECT_LE(first.started, first.finished);
  EXPECT_LE(first.finished, this->scan().started);
}

TYPED_TEST(SensorContract, NamesNoSocketTwice) {
  std::vector<typename TypeParam::Socket> sockets;
  for (int i = 0; i < 20; ++i) sockets.push_back(this->world_.open(net::Protocol::kUdp, "127.0.0.1"));
  std::set<std::tuple<base::Netns, model::SocketId>> names;
  const auto snapshot = this->scan();
  for (const auto& sighting : snapshot.sightings) names.emplace(sighting.socket.netns, sighting.socket.id);
  EXPECT_EQ(names.size(), snapshot.sightings.size());
}

TYPED_TEST(SensorContract, NamesASocketAlikeInEachScan) {
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto first = this->scan_for(socket.endpoint);
  const auto second = this->scan_for(socket.endpoint);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].socket, second[0].socket);
}

TYPED_TEST(SensorContract, NamesTheHolderOfANewSocketAtOnce) {
  static_cast<void>(this->scan());
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto found = this->scan_for(socket.endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(this->pids(found[0]), ElementsAre(this->world_.own_pid()));
  EXPECT_EQ(found[0].attribution, model::Attribution::kExact);
  EXPECT_TRUE(found[0].owners[0]->exe);
}

TYPED_TEST(SensorContract, NamesAllHoldersOfANewSocketAtOnce) {
  static_cast<void>(this->scan());
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto child = this->world_.fork();
  const auto found = this->scan_for(socket.endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(this->pids(found[0]), UnorderedElementsAre(this->world_.own_pid(), TypeParam::pid_of(child)));
  EXPECT_EQ(found[0].attribution, model::Attribution::kShared);
  EXPECT_TRUE(std::ranges::is_sorted(found[0].owners, {}, [](const auto& owner) { return owner->key; }));
}

TYPED_TEST(SensorContract, ShowsAForkedHolderWithinTwoScans) {
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  static_cast<void>(this->scan());
  const auto child = this->world_.fork();
  static_cast<void>(this->scan());
  const auto found = this->scan_for(socket.endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(this->pids(found[0]), UnorderedElementsAre(this->world_.own_pid(), TypeParam::pid_of(child)));
}

TYPED_TEST(SensorContract, DropsAHolderThatEnded) {
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  auto child = this->world_.fork();
  static_cast<void>(this->scan());
  this->world_.end(child);
  const auto found = this->scan_for(socket.endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(this->pids(found[0]), ElementsAre(this->world_.own_pid()));
}

TYPED_TEST(SensorContract, KeepsASocketWhoseOpenerEndedWithTheChildThatHoldsIt) {
  auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  static_cast<void>(this->scan());
  const auto child = this->world_.fork();
  // Closing here leaves the child as the only holder. The fake world has no reference counts: there a close
  // would take the row away.
  if constexpr (!std::is_same_v<TypeParam, FakeProcWorld>) this->world_.close(socket);
  static_cast<void>(this->scan());
  const auto found = this->scan_for(socket.endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].presence, model::Presence::kListed);
  EXPECT_THAT(this->pids(found[0]), ::testing::Contains(TypeParam::pid_of(child)));
}

TYPED_TEST(SensorContract, DoesNotShowAClosedSocket) {
  auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  ASSERT_THAT(this->scan_for(socket.endpoint), Not(IsEmpty()));
  this->world_.close(socket);
  EXPECT_THAT(this->scan_for(socket.endpoint), IsEmpty());
}

TYPED_TEST(SensorContract, ShowsASocketThatIsHeldAndNotListedAsHeld) {
  auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto listed = this->scan_for(socket.endpoint);
  ASSERT_EQ(listed.size(), 1U);
  this->world_.stop_listening(socket);
  if constexpr (kSeesState<TypeParam>) {
    EXPECT_THAT(this->scan_for(socket.endpoint), IsEmpty());
    return;
  }
  for (int look = 0; look < 5; ++look) {
    const auto held = this->scan_for(socket.endpoint);
    ASSERT_EQ(held.size(), 1U) << look;
    EXPECT_EQ(held[0].presence, model::Presence::kHeld);
    EXPECT_EQ(held[0].socket.id, listed[0].socket.id);
    EXPECT_THAT(this->pids(held[0]), ElementsAre(this->world_.own_pid()));
  }
  this->world_.close(socket);
  EXPECT_THAT(this->scan_for(socket.endpoint), IsEmpty());
}

TYPED_TEST(SensorContract, DoesNotShowASocketThatItNeverSawListen) {
  auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  this->world_.stop_listening(socket);
  EXPECT_THAT(this->scan_for(socket.endpoint), IsEmpty());
}

TYPED_TEST(SensorContract, SharesProcessesThatDidNotChange) {
  const auto socket = this->world_.open(net::Protocol::kTcp, "127.0.0.1");
  const auto first = this->scan_for(socket.endpoint);
  const auto second = this->scan_for(socket.endpoint);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].owners, second[0].owners);
}

TYPED_TEST(SensorContract, SaysWhatItIs) {
  static_cast<void>(this->scan());
  const auto info = this->world_.sensor().info();
  EXPECT_FALSE(info.name.empty());
  EXPECT_FALSE(info.summary.empty());
  EXPECT_FALSE(info.blind_spots.empty());
  for (const auto& skipped : info.skipped) EXPECT_FALSE(skipped.reason.empty());
}

}  // namespace
}  // namespace portwatch::test
