// SPDX-License-Identifier: Apache-2.0
// Starting, reloading and ending the real program, rightly and wrongly.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(Lifecycle, SaysWhichSensorItUsesWhatItCannotSeeAndWhereItAnswers) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  EXPECT_THAT(daemon.log(), HasSubstr("info sensor sock_diag: "));
  EXPECT_THAT(daemon.log(), HasSubstr("cannot see: "));
  EXPECT_THAT(daemon.log(), HasSubstr(daemon.socket().native()));
}

TEST(Lifecycle, EndsWithinItsTimeOnSigtermAndLeavesNoSocket) {
  for (const int number : {SIGTERM, SIGINT}) {
    DaemonHarness daemon;
    ASSERT_TRUE(daemon.start());
    const auto client = daemon.client();
    const Outcome status = daemon.ctl({"status"});
    EXPECT_EQ(status.exit_code, 0) << status.err;
    daemon.signal(number);
    EXPECT_EQ(daemon.wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(daemon.socket()));
    EXPECT_FALSE(std::filesystem::exists(daemon.state() / "portwatch.db-wal"))
        << "the database is one whole file";
    EXPECT_THAT(daemon.log(), HasSubstr("stopped"));
  }
}

TEST(Lifecycle, StoresWhatItSawBeforeItEnds) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket;
  ASSERT_TRUE(daemon.sees(socket.port()));
  ASSERT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.events_on(socket.port()).at(0).at("kind"), "opened");
  EXPECT_EQ(daemon.listeners_on(socket.port()).at(0).at("opened_precision"), "poll");
}

TEST(Lifecycle, SecondInstanceIsRefusedAndToldByWhom) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const Outcome second = daemon.portwatchd({"--config", daemon.configuration_file(), "--state-dir",
                                            daemon.state(), "--socket", daemon.folder() / "second.sock"});
  EXPECT_EQ(second.exit_code, 6);
  EXPECT_THAT(second.err, HasSubstr("(pid " + std::to_string(daemon.pid()) + ")"));
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
}

TEST(Lifecycle, SocketOfALivingDaemonIsNotTaken) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  const Outcome second = daemon.portwatchd({"--config", daemon.configuration_file(), "--state-dir",
                                            daemon.folder() / "second", "--socket", daemon.socket()});
  EXPECT_EQ(second.exit_code, 6);
  EXPECT_THAT(second.err, HasSubstr(daemon.socket().native()));
  EXPECT_FALSE(std::filesystem::exists(daemon.folder() / "second" / "portwatch.db"))
      << "found before anything is made";
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
}

TEST(Lifecycle, SocketThatAKilledOneLeftBehindIsReplaced) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  daemon.signal(SIGKILL);
  ASSERT_TRUE(daemon.wait());
  ASSERT_TRUE(std::filesystem::exists(daemon.socket()));
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
}

TEST(Lifecycle, KeepsItsFilesPrivate) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  struct stat status{};
  ASSERT_EQ(stat(daemon.socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(daemon.state().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(daemon.state())) {
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST(Lifecycle, WatchesAsAnOrdinaryUserAndSaysWhatItThenCannotSee) {
  // Anybody but root is an ordinary user already.
  DaemonHarness::Options options;
  if (geteuid() == 0) options.uid = 65534;
  DaemonHarness daemon(options);
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket;
  ASSERT_TRUE(daemon.sees(socket.port()));
  const Json status = daemon.ctl_json({"status"});
  ASSERT_TRUE(status.is_object());
  EXPECT_NE(status.at("uid"), 0);
  EXPECT_EQ(status.at("profile"), "laptop");
  if (geteuid() == 0) {
    const Json listener = daemon.listeners_on(socket.port()).at(0);
    EXPECT_EQ(listener.at("attribution"), "denied");
    EXPECT_TRUE(listener.at("owners").empty());
    EXPECT_GT(status.at("coverage").at("denied_processes"), 0);
    EXPECT_THAT(daemon.log(), HasSubstr("cannot be looked into")) << "known after the first look only";
  }
}

TEST(CheckConfig, AcceptsAGoodFileAndNamesWhatIsWrongInABadOne) {
  const DaemonHarness daemon;
  const Outcome good = daemon.portwatchd({"--check-config", "--config", daemon.configuration_file()});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("the configuration is fine"));
  daemon.write_configuration("[scan]\ninterval = \"1ms\"\n[sacn]\n");
  const Outcome bad = daemon.portwatchd({"--check-config", "--config", daemon.configuration_file()});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("portwatch.toml:2: scan.interval = \"1ms\": allowed is"));
  EXPECT_THAT(bad.err, HasSubstr("did you mean scan?"));
  EXPECT_EQ(bad.out, "");
}

TEST(CheckConfig, BadFileStopsTheStart) {
  DaemonHarness daemon({.configuration = "[scan]\ninterval = 1\n"});
  daemon.launch();
  EXPECT_EQ(daemon.wait(), 2);
  EXPECT_THAT(daemon.log(), HasSubstr("scan.interval"));
  EXPECT_FALSE(std::filesystem::exists(daemon.state()));
}

TEST(Reload, AppliesAGoodFileAndNamesWhatChanged) {
  DaemonHarness daemon({.configuration = "[scan]\ninterval = \"1h\"\n"});
  ASSERT_TRUE(daemon.start());
  daemon.write_configuration("[scan]\ninterval = \"100ms\"\n[history]\nretention = \"30d\"\n");
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_said("configuration reloaded"));
  EXPECT_THAT(daemon.log(), HasSubstr("scan.interval \"1h\" -> \"100ms\"\n"));
  EXPECT_THAT(daemon.log(), HasSubstr("history.retention \"90d\" -> \"30d\"\n"));
  EXPECT_TRUE(daemon.looks_again()) << "an hour has not passed";
}

TEST(Reload, EndsLearning) {
  DaemonHarness daemon({.configuration = "[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"1d\"\n"});
  ASSERT_TRUE(daemon.start());
  ASSERT_FALSE(daemon.ctl_json({"status"}).at("learning_until").is_null());
  daemon.write_configuration("[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"0s\"\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return daemon.ctl_json({"status"}).at("learning_until").is_null(); }));
  ASSERT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  EXPECT_THAT(daemon.log(), testing::Not(HasSubstr("learning what belongs here")));
}

TEST(Reload, RefusesABadFileAndKeepsTheOldConfiguration) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  daemon.write_configuration("[scan]\ninterval = \"soon\"\n");
  daemon.signal(SIGHUP);
  ASSERT_TRUE(daemon.has_said("the old one stays"));
  EXPECT_THAT(daemon.log(), HasSubstr("portwatch.toml:2: scan.interval"));
  EXPECT_EQ(daemon.client()->call("status").at("scan").at("interval_us"), 100'000);
  EXPECT_TRUE(daemon.looks_again());
}

TEST(Once, SaysNothingAboutLaterLooks) {
  const DaemonHarness daemon;
  const Outcome outcome = daemon.portwatchd({"--once", "--config", daemon.configuration_file()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("between two looks")));
}

TEST(Usage, UnknownOptionIsRefusedWithASuggestion) {
  const DaemonHarness daemon;
  const Outcome outcome = daemon.portwatchd({"--sokcet", "/x"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean --socket?"));
}

}  // namespace
}  // namespace portwatch::test
