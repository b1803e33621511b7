// SPDX-License-Identifier: Apache-2.0
// What a real portwatchd has seen, recorded and replayed: the same history, byte for byte, and nothing of
// this machine in it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/recorded_run.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Replay, GivesTheHistoryThatWasRecorded) {
  RecordedRun run("sock_diag");
  ASSERT_TRUE(run.record());
  struct stat status{};
  ASSERT_EQ(stat(run.trace().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const Json history = run.recorded_history();
  ASSERT_GT(history.size(), 6U);
  EXPECT_EQ(run.replayed_history().dump(1), history.dump(1));
  EXPECT_EQ(run.replayed_history().dump(1), history.dump(1)) << "for the second time";
}

class ReplayedFile : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    run = std::make_unique<RecordedRun>("sock_diag");
    ASSERT_TRUE(run->record());
  }
  static void TearDownTestSuite() { run.reset(); }

  /// Replays, prints and ends.
  static Outcome once(const std::filesystem::path& trace) {
    return DaemonHarness().portwatchd({"--replay", trace, "--once"});
  }

  static std::unique_ptr<RecordedRun> run;
  TempDir folder;
};
std::unique_ptr<RecordedRun> ReplayedFile::run;

TEST_F(ReplayedFile, IsPrintedWithoutAFolder) {
  const Outcome outcome = once(run->trace());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::vector<std::string> kinds;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) kinds.push_back(Json::parse(line).at("kind"));
  std::vector<std::string> recorded;
  for (const Json& event : run->recorded_history()) recorded.push_back(event.at("kind"));
  EXPECT_EQ(kinds, recorded);
}

TEST_F(ReplayedFile, SaysThatNothingIsWatched) {
  DaemonHarness daemon({.arguments = {"--replay", run->trace()}});
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket;
  const Json status = daemon.ctl_json({"status"});
  EXPECT_THAT(status.at("scan").at("problem").get<std::string>(), HasSubstr("replay"));
  EXPECT_THAT(status.at("sensor").at("summary").get<std::string>(), HasSubstr("a replay of"));
  EXPECT_TRUE(daemon.listeners_on(socket.port()).empty());
  const Json alerts = daemon.ctl_json({"alerts"}).at("alerts");
  ASSERT_FALSE(alerts.empty());
  EXPECT_EQ(daemon.ctl({"alerts", "approve", alerts.at(0).at("id").dump()}).exit_code, 0);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(ReplayedFile, GoesIntoANewFolderAlone) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  ASSERT_EQ(daemon.stop(), 0);
  const std::string database = read(daemon.state() / "portwatch.db");
  const Outcome refused = daemon.portwatchd({"--replay", run->trace(), "--state-dir", daemon.state()});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("holds a database already"));
  EXPECT_EQ(read(daemon.state() / "portwatch.db"), database);
  DaemonHarness without_places({.has_places_by_option = false});
  const Outcome nowhere = without_places.portwatchd({"--replay", run->trace()});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--state-dir"));
}

TEST_F(ReplayedFile, IsReplayedAsFarAsItGoesWhenItsEndIsCutOff) {
  const std::string text = read(run->trace());
  write(folder / "cut", text.substr(0, text.size() - 20));
  const Outcome outcome = once(folder / "cut");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("is cut off"));
  EXPECT_THAT(outcome.out, HasSubstr("alert_raised"));
}

TEST_F(ReplayedFile, IsRefusedWithItsLineWhenItIsDamaged) {
  std::string text = read(run->trace());
  const std::size_t second = text.find('\n') + 1;
  text.replace(second, 6, "!!!!!!");
  write(folder / "damaged", text);
  const Outcome outcome = once(folder / "damaged");
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("damaged: line 2: "));
  DaemonHarness daemon;
  const Outcome stored = daemon.portwatchd({"--replay", folder / "damaged", "--state-dir", daemon.state()});
  EXPECT_EQ(stored.exit_code, 6) << stored.err;
  EXPECT_THAT(stored.err, HasSubstr("damaged: line 2: "));
}

/// Whoever writes into it could keep a daemon waiting for ever.
TEST_F(ReplayedFile, MustBeAFileToBeWatched) {
  const std::filesystem::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  DaemonHarness daemon;
  const Outcome outcome = daemon.portwatchd({"--replay", pipe, "--state-dir", daemon.state()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is no regular file"));
}

TEST_F(ReplayedFile, IsNeverWrittenOver) {
  write(folder / "there", "mine");
  std::filesystem::create_symlink(folder / "missing", folder / "link");
  for (const char* name : {"there", "link"}) {
    DaemonHarness daemon;
    const Outcome outcome = daemon.portwatchd({"--record", folder / name});
    EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("is there already"));
  }
  EXPECT_EQ(read(folder / "there"), "mine");
  EXPECT_FALSE(std::filesystem::exists(folder / "missing"));
}

}  // namespace
}  // namespace portwatch::test
