// SPDX-License-Identifier: Apache-2.0
// Whole snapshots, on a folder of the test's own that stands for /proc.
#include "daemon/sensor/linux/linux_sensor.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/make_sensor.h"
#include "daemon/sensor/linux/proc_net_tables.h"
#include "tests/support/fake_proc.h"

namespace portwatch::sensor {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LinuxSensorTest : public ::testing::Test {
 protected:
  LinuxSensorTest() {
    auto sensor = make_sensor({.proc = proc_.path(), .use_events = false, .use_netlink = false});
    EXPECT_TRUE(sensor) << sensor.error().message;
    sensor_ = *std::move(sensor);
  }

  model::Snapshot scan() {
    auto snapshot = sensor_->scan();
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot ? *std::move(snapshot) : model::Snapshot{};
  }
  /// The only socket of a scan.
  model::Sighting scan_one() {
    const auto snapshot = scan();
    EXPECT_EQ(snapshot.sightings.size(), 1U);
    return snapshot.sightings.empty() ? model::Sighting{} : snapshot.sightings.front();
  }

  test::FakeProc proc_;
  std::unique_ptr<interface::Sensor> sensor_;
};

TEST_F(LinuxSensorTest, PutsSocketAndOwnerTogether) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  const auto sighting = scan_one();
  EXPECT_EQ(sighting.socket.endpoint.to_string(), "127.0.0.1:8080/tcp");
  EXPECT_EQ(sighting.socket.netns, base::Netns{4026531840});
  EXPECT_EQ(sighting.presence, model::Presence::kListed);
  EXPECT_EQ(sighting.attribution, model::Attribution::kExact);
  ASSERT_EQ(sighting.owners.size(), 1U);
  EXPECT_EQ(sighting.owners[0]->key.pid, base::Pid{10});
}

TEST_F(LinuxSensorTest, ReadsDetailsOnceWhileAProcessWithFixedAddressesRunsOn) {
  proc_.start({.pid = 10});
  proc_.write("10/personality", "00040000\n");
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  static_cast<void>(scan_one());
  const auto known = scan_one();
  EXPECT_EQ(scan_one().owners.at(0), known.owners.at(0)) << "not even a copy";
  proc_.run({.pid = 10, .command_line = "server --other"});
  EXPECT_NE(scan_one().owners.at(0), known.owners.at(0));
}

TEST_F(LinuxSensorTest, CoversEveryTable) {
  const auto snapshot = scan();
  EXPECT_EQ(snapshot.coverage.tables.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(snapshot.coverage.tables));
  EXPECT_THAT(snapshot.coverage.holes, IsEmpty());
  EXPECT_FALSE(snapshot.coverage.are_bind_intents_known);
  EXPECT_EQ(snapshot.host->boot_id, "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11");
}

TEST_F(LinuxSensorTest, MakesAHoleOfATableThatCannotBeRead) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  ASSERT_EQ(scan().sightings.size(), 1U);
  proc_.remove("net/tcp");
  const auto snapshot = scan();
  EXPECT_EQ(snapshot.coverage.tables.size(), 2U);
  ASSERT_EQ(snapshot.coverage.holes.size(), 2U);
  EXPECT_THAT(snapshot.coverage.holes[0].reason, HasSubstr("net/tcp"));
  EXPECT_THAT(sensor_->info().blind_spots, Contains(HasSubstr("net/tcp")));
  EXPECT_THAT(snapshot.sightings, IsEmpty());
}

TEST_F(LinuxSensorTest, TakesAMissingIpv6ForAMachineWithoutIt) {
  proc_.remove("net/tcp6");
  proc_.remove("net/udp6");
  const auto snapshot = scan();
  EXPECT_EQ(snapshot.coverage.tables.size(), 4U);
  EXPECT_THAT(snapshot.coverage.holes, IsEmpty());
}

TEST_F(LinuxSensorTest, ListsASocketThatIsShownTwiceOnce) {
  proc_.listen("0100007F:1F90", 555);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan().sightings.size(), 1U);
}

TEST_F(LinuxSensorTest, KeepsWhatAHolderStillShowsAsHeld) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().presence, model::Presence::kListed);
  proc_.clear_table("tcp");
  const auto held = scan_one();
  EXPECT_EQ(held.presence, model::Presence::kHeld);
  EXPECT_EQ(held.owners.size(), 1U);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().presence, model::Presence::kListed);
}

TEST_F(LinuxSensorTest, TellsWhatBecameOfWhoHeldWhatIsGone) {
  using Former = model::FormerHolder;
  proc_.start({.pid = 10, .start_ticks = 1000});
  proc_.start({.pid = 11, .start_ticks = 1000});
  proc_.start({.pid = 12, .start_ticks = 1000});
  proc_.open_socket(10, 5, 555);
  proc_.open_socket(11, 5, 666);
  proc_.open_socket(12, 5, 777);
  proc_.listen("0100007F:1F90", 555);
  proc_.listen("0100007F:1F91", 666);
  proc_.listen("0100007F:1F92", 777);
  const auto start = scan().sightings.at(0).owners.at(0)->key.start;
  EXPECT_THAT(scan().former_holders, IsEmpty());
  proc_.clear_table("tcp");
  proc_.close(10, 5);
  proc_.stop(11);
  proc_.run({.pid = 12, .start_ticks = 1000, .state = 'Z'});
  proc_.close(12, 5);
  EXPECT_THAT(scan().former_holders, testing::UnorderedElementsAre(Former{{base::Pid{10}, start}, false},
                                                                   Former{{base::Pid{11}, start}, true},
                                                                   Former{{base::Pid{12}, start}, true}));
  EXPECT_THAT(scan().former_holders, IsEmpty());
}

/// A table of one socket, which the next reads pass by.
class TornTable final : public TableSource {
 public:
  int torn_reads = 0;
  int reads = 0;

  base::Status read(net::Protocol protocol, std::vector<SocketRow>& rows) override {
    ++reads;
    if (torn_reads-- > 0) return {};
    rows.push_back({.id = {.kind = model::SocketId::Kind::kCookie, .value = 1},
                    .inode = 555,
                    .endpoint = {.protocol = protocol,
                                 .address = net::IpAddress::parse("127.0.0.1").value(),
                                 .port = base::Port{8080}}});
    return {};
  }
};

TEST_F(LinuxSensorTest, AsksAgainForWhatATornDumpPassedBy) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  const auto table = std::make_shared<TornTable>();
  sensor_ = std::make_unique<LinuxSensor>(LinuxSensor::Parts{.info = {},
                                                             .tables = {{net::Protocol::kTcp, table}},
                                                             .proc = proc_.path(),
                                                             .revisit_descriptors = 500});
  static_cast<void>(scan_one());
  EXPECT_EQ(table->reads, 1);
  table->torn_reads = 2;
  EXPECT_EQ(scan_one().presence, model::Presence::kListed);
  table->torn_reads = 3;
  EXPECT_EQ(scan_one().presence, model::Presence::kHeld) << "not without end";
  table->torn_reads = 100;
  for (int look = 0; look < 10; ++look) static_cast<void>(scan());
  table->reads = 0;
  static_cast<void>(scan());
  EXPECT_EQ(table->reads, 1) << "nor for ever";
}

TEST_F(LinuxSensorTest, DoesNotAskForAHeldSocketForEver) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  ASSERT_EQ(scan().sightings.size(), 1U);
  proc_.clear_table("tcp");
  int looks = 0;
  while (looks < 100 && !scan().sightings.empty()) ++looks;
  EXPECT_GE(looks, 5);
  EXPECT_LT(looks, 100);
}

TEST_F(LinuxSensorTest, ForgetsASocketThatNobodyShows) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  ASSERT_EQ(scan().sightings.size(), 1U);
  proc_.clear_table("tcp");
  proc_.close(10, 5);
  EXPECT_THAT(scan().sightings, IsEmpty());
}

TEST_F(LinuxSensorTest, SeesAnExec) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  const auto before = scan_one();
  proc_.run({.pid = 10, .name = "other", .exe = "/usr/bin/other", .auxv = "image 2"});
  const auto after = scan_one();
  EXPECT_EQ(before.owners.at(0)->exe->path, "/usr/bin/server");
  EXPECT_EQ(after.owners.at(0)->exe->path, "/usr/bin/other");
  EXPECT_EQ(after.owners.at(0)->key, before.owners.at(0)->key);
}

class LinuxSensorOfManyHolders : public LinuxSensorTest {
 protected:
  static constexpr int kHolders = 6;

  /// Asks two of them in each look.
  LinuxSensorOfManyHolders() {
    sensor_ = std::make_unique<LinuxSensor>(
        LinuxSensor::Parts{.info = {},
                           .tables = {{net::Protocol::kTcp, std::make_shared<ProcNetTables>(proc_.path())}},
                           .proc = proc_.path(),
                           .revisit_descriptors = 500,
                           .compared_holders = 2});
    for (int pid = 10; pid < 10 + kHolders; ++pid) {
      proc_.start({.pid = pid});
      proc_.open_socket(pid, 5, static_cast<std::uint64_t>(pid));
      proc_.listen(fmt::format("0100007F:{:04X}", 8000 + pid), static_cast<std::uint64_t>(pid));
    }
  }
  void exec_all() {
    for (int pid = 10; pid < 10 + kHolders; ++pid)
      proc_.run({.pid = pid, .name = "other", .exe = "/usr/bin/other", .auxv = "image 2"});
  }
  static auto others_in(const model::Snapshot& snapshot) {
    return std::ranges::count_if(snapshot.sightings, [](const model::Sighting& sighting) {
      return sighting.owners.at(0)->exe->path == "/usr/bin/other";
    });
  }
};

TEST_F(LinuxSensorOfManyHolders, AsksThemInTurnsWhetherTheyRunAnotherProgram) {
  const auto first = scan();
  static_cast<void>(scan());  // asks two
  exec_all();
  auto looked = scan();
  EXPECT_EQ(others_in(looked), 2);
  ASSERT_EQ(looked.late_changes.size(), 2U) << "those that were not asked since the first look";
  for (const auto& change : looked.late_changes) EXPECT_EQ(change.since, first.started);
  looked = scan();
  EXPECT_EQ(others_in(looked), 4);
  EXPECT_EQ(looked.late_changes.size(), 2U);
  EXPECT_EQ(others_in(scan()), 6);
  EXPECT_THAT(scan().late_changes, IsEmpty());
}

TEST_F(LinuxSensorOfManyHolders, AsksAtOnceWhoOpensASocket) {
  static_cast<void>(scan());
  exec_all();
  for (const int pid : {12, 14, 15}) {
    proc_.open_socket(pid, 6, static_cast<std::uint64_t>(pid) + 100);
    proc_.listen(fmt::format("0100007F:{:04X}", 9000 + pid), static_cast<std::uint64_t>(pid) + 100);
  }
  const auto looked = scan();
  ASSERT_EQ(looked.sightings.size(), kHolders + 3U);
  for (const auto& sighting : looked.sightings)
    if (sighting.socket.endpoint.port.value > 9000) {
      EXPECT_EQ(sighting.owners.at(0)->exe->path, "/usr/bin/other");
    }
  EXPECT_THAT(looked.late_changes, IsEmpty()) << "all were asked in the look before";
}

TEST_F(LinuxSensorTest, SharesTheDetailsOfAProcessThatDidNotChange) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().owners.at(0), scan_one().owners.at(0));
}

TEST_F(LinuxSensorTest, SeesAYoungServerBecomeAnotherUserAtOnce) {
  constexpr std::uint64_t kNeverSoOld = 1'000'000'000'000;
  proc_.start({.pid = 10, .start_ticks = kNeverSoOld, .uid = 0});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().owners.at(0)->uid, base::Uid{0});
  proc_.run({.pid = 10, .start_ticks = kNeverSoOld, .uid = 33});
  EXPECT_EQ(scan_one().owners.at(0)->uid, base::Uid{33});
}

TEST_F(LinuxSensorTest, SeesAnOldServerBecomeAnotherUserInTurns) {
  proc_.start({.pid = 10, .start_ticks = 1, .uid = 0});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  for (int look = 0; look < 5; ++look) EXPECT_EQ(scan_one().owners.at(0)->uid, base::Uid{0});
  const base::BootTime before = read_clocks().boot;
  proc_.run({.pid = 10, .start_ticks = 1, .uid = 33});
  int looks = 0;
  model::Snapshot looked = scan();
  while (looks < 100 && looked.sightings.at(0).owners.at(0)->uid != base::Uid{33}) {
    ++looks;
    EXPECT_THAT(looked.late_changes, IsEmpty());
    looked = scan();
  }
  EXPECT_LT(looks, 20);
  ASSERT_EQ(looked.late_changes.size(), 1U);
  EXPECT_LE(looked.late_changes[0].since, before) << "when its user was asked last, not its program";
}

TEST_F(LinuxSensorTest, FindsTheHolderWhoseFirstThreadHasEnded) {
  proc_.start({.pid = 10, .exe = "/usr/bin/headless", .state = 'Z', .threads = 2});
  for (const char* file : {"exe", "cwd", "cmdline", "auxv"}) proc_.remove(std::string("10/") + file);
  proc_.make_folder("10/task/10");
  proc_.write("10/task/10/stat", "10 (server) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 1000 0 0\n");
  proc_.make_folder("10/task/11/fd");
  proc_.write("10/task/11/stat", "11 (worker) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 1001 0 0\n");
  proc_.write("10/task/11/auxv", "image");
  proc_.write("10/task/11/cmdline", "headless");
  proc_.link("10/task/11/exe", "/usr/bin/headless");
  proc_.link("10/task/11/fd/5", "socket:[555]");
  proc_.listen("0100007F:1F90", 555);
  for (int look = 0; look < 3; ++look) {
    const auto sighting = scan_one();
    ASSERT_EQ(sighting.owners.size(), 1U) << look;
    EXPECT_EQ(sighting.owners[0]->key.pid, base::Pid{10});
    EXPECT_EQ(sighting.owners[0]->exe->path, "/usr/bin/headless");
    EXPECT_NE(sighting.owners[0]->attribution, model::Attribution::kExited);
  }
}

TEST_F(LinuxSensorTest, FindsASocketThatOneThreadHasForItself) {
  // unshare(2) with CLONE_FILES: what the thread opens shows in its own folder alone.
  // The pids are above what a kernel gives, because kcmp(2) asks about real ones.
  proc_.start({.pid = 5'000'000, .threads = 2});
  proc_.open(5'000'000, 0, "/dev/null");
  for (const char* folder : {"5000000/task/5000000/fd", "5000000/task/5000001/fd"}) proc_.make_folder(folder);
  proc_.link("5000000/task/5000001/fd/5", "socket:[555]");
  proc_.listen("0100007F:1F90", 555);
  for (int look = 0; look < 5; ++look) {
    const auto sighting = scan_one();
    ASSERT_EQ(sighting.owners.size(), 1U) << look;
    EXPECT_EQ(sighting.owners[0]->key.pid, base::Pid{5'000'000});
    EXPECT_EQ(sighting.attribution, model::Attribution::kExact);
  }
  proc_.remove("5000000/task/5000001/fd/5");
  proc_.clear_table("tcp");
  EXPECT_TRUE(scan().sightings.empty());
}

TEST_F(LinuxSensorTest, SeesAnExecutableBeDeleted) {
  proc_.start({.pid = 10});
  proc_.open_socket(10, 5, 555);
  proc_.listen("0100007F:1F90", 555);
  EXPECT_FALSE(scan_one().owners.at(0)->exe->is_deleted);
  proc_.link("10/exe", "/usr/bin/server (deleted)");
  EXPECT_TRUE(scan_one().owners.at(0)->exe->is_deleted);
}

TEST_F(LinuxSensorTest, SaysWhyNobodyOwnsASocket) {
  proc_.start({.pid = 1, .parent = 0});
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().attribution, model::Attribution::kKernel);
}

TEST_F(LinuxSensorTest, SaysThatTheOwnerMayBeOutsideOfOurPidNamespace) {
  proc_.link("self/ns/pid", "pid:[4026532000]");
  proc_.start({.pid = 1, .parent = 0});
  proc_.listen("0100007F:1F90", 555);
  EXPECT_EQ(scan_one().attribution, model::Attribution::kOtherNamespace);
  EXPECT_THAT(sensor_->info().blind_spots, Contains(HasSubstr("pid namespace")));
}

TEST_F(LinuxSensorTest, SortsOwnersByTheirKey) {
  for (const int pid : {30, 10, 20}) {
    proc_.start({.pid = pid, .start_ticks = static_cast<std::uint64_t>(1000 - pid)});
    proc_.open_socket(pid, 5, 555);
  }
  proc_.listen("0100007F:1F90", 555);
  const auto sighting = scan_one();
  EXPECT_EQ(sighting.attribution, model::Attribution::kShared);
  ASSERT_EQ(sighting.owners.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(sighting.owners, {}, [](const auto& owner) { return owner->key; }));
}

TEST_F(LinuxSensorTest, TakesPortsOutsideTheDynamicRangeForChosenByTheProgram) {
  proc_.listen("0100007F:1F90", 555);
  proc_.listen("0100007F:9C40", 556);
  const auto snapshot = scan();
  ASSERT_EQ(snapshot.sightings.size(), 2U);
  for (const auto& sighting : snapshot.sightings)
    EXPECT_EQ(sighting.socket.bind_intent, sighting.socket.endpoint.port == base::Port{8080}
                                               ? model::BindIntent::kExplicit
                                               : model::BindIntent::kUnknown);
}

TEST_F(LinuxSensorTest, FailsWhenNothingCanBeSeen) {
  proc_.remove("net");
  const auto snapshot = sensor_->scan();
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message, HasSubstr("no socket table could be read"));
}

TEST_F(LinuxSensorTest, SaysWhatItIsAndWhyNotBetter) {
  const auto info = sensor_->info();
  EXPECT_EQ(info.name, "proc_net");
  EXPECT_THAT(info.blind_spots, Contains(HasSubstr("opens and closes")));
  const auto once = make_sensor({.proc = proc_.path(), .use_netlink = false, .looks_once = true});
  ASSERT_TRUE(once);
  EXPECT_THAT((*once)->info().blind_spots, testing::Not(Contains(HasSubstr("opens and closes"))));
  EXPECT_TRUE(
      std::ranges::any_of(info.skipped, [](const auto& skipped) { return skipped.name == "sock_diag"; }));
}

TEST(MakeSensor, FailsWithWhatWasTried) {
  test::TempDir empty;
  const auto sensor = make_sensor({.proc = empty.path().string(), .use_events = false, .use_netlink = false});
  ASSERT_FALSE(sensor);
  EXPECT_THAT(sensor.error().message, HasSubstr("/net/tcp"));
}

}  // namespace
}  // namespace portwatch::sensor
