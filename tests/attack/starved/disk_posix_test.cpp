// SPDX-License-Identifier: Apache-2.0
// No space, no right to write, no right to read: where the database should be kept.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "tests/attack/starved/false_world.h"
#include "tests/attack/starved/small_disk.h"
#include "tests/attack/starved/watched.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// Its state folder is on the disk.
DaemonHarness::Options on(const SmallDisk& disk) {
  DaemonHarness::Options options;
  options.state = disk.path();
  return options;
}

TEST(FullDisk, WatchesOnSaysSoAndStoresAllOnceThereIsSpace) {
  SmallDisk disk(4U << 20U);
  DaemonHarness daemon(on(disk));
  ASSERT_TRUE(daemon.start());
  const ListeningSocket before({.port = free_named_port()});
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(before.port()).size() == 1; }));
  const std::int64_t alert = daemon.alerts_on(before.port()).at(0).at("id");

  disk.fill();
  // Nothing was written since the disk is full, so nobody knows it yet. The answer must be what is done.
  const Outcome approved = daemon.ctl({"alerts", "approve", std::to_string(alert)});
  const std::string state_then = daemon.alerts_on(before.port()).at(0).at("state");
  EXPECT_EQ(state_then, approved.exit_code == 0 ? "approved" : "open") << approved.err;
  std::vector<ListeningSocket> sockets;
  ASSERT_TRUE(wait_until([&] {
    if (sockets.size() < 100) sockets.emplace_back(SocketWishes{});
    return !store_problem(daemon).empty();
  }));
  const ListeningSocket meanwhile;
  EXPECT_TRUE(daemon.sees(meanwhile.port())) << "the live list goes on";
  EXPECT_THAT(daemon.ctl({"status"}).out, HasSubstr("full"));
  EXPECT_EQ(daemon.ctl({"list"}).exit_code, 0);
  const Outcome acknowledged = daemon.ctl({"alerts", "ack", std::to_string(alert)});
  EXPECT_NE(acknowledged.exit_code, 0);
  EXPECT_TRUE(daemon.events_on(meanwhile.port()).empty()) << "told before it was stored";

  disk.free();
  ASSERT_TRUE(recovers(daemon));
  EXPECT_EQ(daemon.events_on(meanwhile.port()).at(0).at("kind"), "opened");
  EXPECT_EQ(daemon.alerts_on(before.port()).at(0).at("state"), state_then);
  const Json events = whole_log(daemon);
  EXPECT_EQ(count_of(events, "gap"), 0U) << "nothing was lost";
  for (const ListeningSocket& socket : sockets) EXPECT_EQ(stored(daemon, "opened", socket.port()), 1U);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST(FullDisk, LosesWithinAGapAndIsRightAfterwards) {
  SmallDisk disk(4U << 20U);
  DaemonHarness::Options options = on(disk);
  options.configuration += "[history]\nmax_pending = 100\n";
  DaemonHarness daemon(options);
  ASSERT_TRUE(daemon.start());
  auto goes = std::make_unique<ListeningSocket>(SocketWishes{});
  ASSERT_TRUE(daemon.sees(goes->port()));
  ASSERT_TRUE(wait_until([&] { return stored(daemon, "opened", goes->port()) == 1; }));

  disk.fill();
  std::vector<ListeningSocket> stay;
  ASSERT_TRUE(wait_until([&] {
    for (int i = 0; i < 20; ++i) stay.emplace_back(SocketWishes{});
    (void)daemon.looks_again(1);
    return daemon.log().find("events are lost") != std::string::npos;
  }));
  const std::uint16_t gone = goes->port();
  goes.reset();
  const ListeningSocket late({.port = free_named_port()});
  ASSERT_TRUE(daemon.sees(late.port()));
  ASSERT_TRUE(daemon.sees(gone, 0));
  const Json live = daemon.client()->call("listeners.list").at("listeners");
  EXPECT_LE(daemon.client()->call("status").at("store").at("pending_events"), 100);

  disk.free();
  ASSERT_TRUE(recovers(daemon));
  const Json events = whole_log(daemon);
  EXPECT_EQ(count_of(events, "gap"), 1U);
  // What is stored by now is what is true: the next run goes on from it.
  EXPECT_EQ(stored(daemon, "closed", gone), 1U);
  EXPECT_EQ(stored(daemon, "opened", late.port()), 1U);
  EXPECT_EQ(daemon.alerts_on(late.port()).size(), 1U);
  EXPECT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.looks_again());
  const Json again = daemon.client()->call("listeners.list").at("listeners");
  ASSERT_EQ(again.size(), live.size());
  for (std::size_t i = 0; i < live.size(); ++i) EXPECT_EQ(again.at(i).at("id"), live.at(i).at("id"));
  EXPECT_EQ(count_of(whole_log(daemon), "opened"), count_of(events, "opened")) << "known to the next run";
}

TEST(FullDisk, EndsARecordingAndNotTheWatching) {
  SmallDisk disk(1U << 20U);
  disk.fill();
  DaemonHarness daemon({.arguments = {"--record", disk.path() / "trace"}});
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(daemon.has_said("recording to " + (disk.path() / "trace").native() + " has ended: "));
  const ListeningSocket socket;
  EXPECT_TRUE(daemon.sees(socket.port()));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_THAT(daemon.log(), HasSubstr("; watching goes on"));
}

TEST(ReadOnlyFolder, StopsTheStartWithAReason) {
  SmallDisk disk(1U << 20U);
  disk.set_read_only(true);
  DaemonHarness daemon(on(disk));
  daemon.launch();
  EXPECT_EQ(daemon.wait(), 4);
  EXPECT_THAT(daemon.log(), HasSubstr(disk.path().native()));
  EXPECT_THAT(daemon.log(), HasSubstr("ead-only file system"));
}

TEST(ReadOnlyFolder, ThatBecomesSoIsSurvivedUntilItCanBeWrittenAgain) {
  FalseWorld world;
  DaemonHarness daemon({.environment = world.environment()});
  ASSERT_TRUE(daemon.start());
  world.fail_writes(EROFS);
  const ListeningSocket meanwhile;
  ASSERT_TRUE(gets_a_problem(daemon));
  EXPECT_TRUE(daemon.sees(meanwhile.port()));
  EXPECT_EQ(daemon.ctl({"list"}).exit_code, 0);
  EXPECT_TRUE(daemon.has_said("the store cannot write"));
  EXPECT_TRUE(daemon.events_on(meanwhile.port()).empty());
  world.fail_writes(0);
  ASSERT_TRUE(recovers(daemon));
  EXPECT_EQ(stored(daemon, "opened", meanwhile.port()), 1U);
  EXPECT_EQ(count_of(whole_log(daemon), "gap"), 0U);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST(UnreadableFolder, StopsTheStartWithAReason) {
  // Nobody can take away root's rights, so the daemon is an ordinary user's.
  DaemonHarness::Options options;
  if (geteuid() == 0) options.uid = 65534;
  DaemonHarness daemon(options);
  ASSERT_TRUE(std::filesystem::create_directory(daemon.state()));
  if (options.uid) ASSERT_EQ(chown(daemon.state().c_str(), *options.uid, *options.uid), 0);
  ASSERT_EQ(chmod(daemon.state().c_str(), 0), 0);
  daemon.launch();
  EXPECT_EQ(daemon.wait(), 4);
  EXPECT_THAT(daemon.log(), HasSubstr(daemon.state().native()));
  EXPECT_THAT(daemon.log(), HasSubstr("ermission denied"));
  ASSERT_EQ(chmod(daemon.state().c_str(), 0700), 0);
  EXPECT_TRUE(daemon.start());
}

}  // namespace
}  // namespace portwatch::test
