// SPDX-License-Identifier: Apache-2.0
// One process, read from a folder of the test's own.
#include "daemon/sensor/linux/process_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <unistd.h>

#include "tests/support/fake_proc.h"
#include "tests/support/temp_dir.h"

namespace portwatch::sensor {
namespace {

using ::testing::ElementsAre;

constexpr base::Moment kNow{.boot = base::BootTime{std::chrono::hours{1}},
                            .utc = base::UtcTime{std::chrono::hours{500'000}},
                            .suspended = {}};

class ProcessReaderTest : public ::testing::Test {
 protected:
  ProcessReaderTest() : reader_(proc_.path()) { reader_.begin_look(kNow); }

  model::ProcessRef read(const test::FakeProc::Process& process) {
    proc_.start(process);
    const auto reading = reader_.read(base::Pid{process.pid});
    return reading ? reading->details : nullptr;
  }

  test::FakeProc proc_;
  ProcessReader reader_;
};

TEST_F(ProcessReaderTest, ReadsWhatThereIs) {
  const auto process = read({.pid = 4711, .name = "my (server)", .start_ticks = 6000, .uid = 0});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->key.pid, base::Pid{4711});
  EXPECT_EQ(process->name, "my (server)");
  EXPECT_EQ(process->exe->path, "/usr/bin/server");
  EXPECT_FALSE(process->exe->is_deleted);
  EXPECT_THAT(process->argv, ElementsAre("server", "--verbose"));
  EXPECT_FALSE(process->is_argv_truncated);
  EXPECT_EQ(process->cwd, "/srv");
  EXPECT_EQ(process->uid, base::Uid{0});
  EXPECT_EQ(process->user, "root");
  EXPECT_FALSE(process->login.uid);
  EXPECT_FALSE(process->login.user);
  EXPECT_FALSE(process->login.session);
  EXPECT_EQ(process->login.terminal, "");
  EXPECT_EQ(process->login.peer, "");
  EXPECT_EQ(process->unit, "server.service");
  EXPECT_FALSE(process->container);
  EXPECT_EQ(process->attribution, model::Attribution::kExact);
}

TEST_F(ProcessReaderTest, TellsWhoLoggedInAndOnWhichTerminal) {
  const auto process = read({.pid = 4711,
                             .uid = 1000,
                             .session = 815,
                             .terminal = 136 << 8 | 3,
                             .login_uid = 0,
                             .audit_session = 7});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->login, (model::Login{.uid = base::Uid{0},
                                          .user = "root",
                                          .session = 7,
                                          .leader = base::Pid{815},
                                          .terminal = "pts/3",
                                          .peer = ""}));
}

TEST_F(ProcessReaderTest, TellsWhatTheContainerIsCalled) {
  const test::TempDir root;
  std::filesystem::create_directories(root.path() / "sys/fs/cgroup");
  ProcessReader reader(
      proc_.path(), ContainerNames({.root = root.path().string(), .owner = base::Uid{::geteuid()}, .now = [] {
                                      return base::BootTime{std::chrono::minutes{1}};
                                    }}));
  reader.begin_look(kNow);
  proc_.start({.pid = 4711, .cgroup = "0::/lxc.payload.box/system.slice/web.service\n"});
  proc_.start({.pid = 4712, .cgroup = "0::/user.slice/lxc.payload.box\n"});
  const auto inside = reader.read(base::Pid{4711});
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->details->container, "box");
  EXPECT_EQ(inside->details->container_name, "box");
  const auto claimed = reader.read(base::Pid{4712});
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->details->container_name, std::nullopt) << "there is no such group";
}

TEST_F(ProcessReaderTest, MapsTheStartToUtc) {
  const auto process =
      read({.pid = 4711, .start_ticks = static_cast<std::uint64_t>(60 * ::sysconf(_SC_CLK_TCK))});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->key.start, base::BootTime{std::chrono::minutes{1}});
  EXPECT_EQ(process->started_at, kNow.utc - std::chrono::minutes{59});
}

TEST_F(ProcessReaderTest, GivesNothingForAProcessThatIsGone) {
  EXPECT_FALSE(reader_.read(base::Pid{4711}));
  EXPECT_FALSE(reader_.read_image(base::Pid{4711}, {}, false));
}

TEST_F(ProcessReaderTest, TellsADeletedExecutable) {
  const auto process = read({.pid = 4711, .exe = "/tmp/payload (deleted)"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->exe->path, "/tmp/payload");
  EXPECT_TRUE(process->exe->is_deleted);
  EXPECT_FALSE(process->exe->file);
}

/// A process in a mount namespace of its own, and what the first process has at the same path.
TEST_F(ProcessReaderTest, TellsAFileThatIsNotAtItsPath) {
  const std::string path = proc_.path() + "/program";
  proc_.write("program", "");
  proc_.start({.pid = 1});
  proc_.make_folder("1/ns");
  proc_.link("1/ns/mnt", "mnt:[1]");
  proc_.link("1/root", "/");
  proc_.start({.pid = 4711, .exe = path, .cgroup = "0::/user.slice\n"});
  proc_.make_folder("4711/ns");
  const auto seen_path = [this] {
    reader_.begin_look(kNow);
    return reader_.read(base::Pid{4711})->details->exe->path;
  };
  proc_.link("4711/ns/mnt", "mnt:[1]");
  EXPECT_EQ(seen_path(), path);
  proc_.link("4711/ns/mnt", "mnt:[2]");
  EXPECT_EQ(seen_path(), path) << "it sees other mounts, and runs the same file";
  proc_.make_folder("elsewhere");
  proc_.link("1/root", proc_.path() + "/elsewhere");
  EXPECT_EQ(seen_path(), path + std::string(model::kForeignFileMark));
  proc_.write("4711/cgroup", "0::/system.slice/docker-" + std::string(64, 'a') + ".scope\n");
  EXPECT_EQ(seen_path(), path) << "a container is told as what it is";
}

TEST_F(ProcessReaderTest, ReplacesSecrets) {
  const auto process = read({.pid = 4711, .command_line = std::string("db\0--password=hunter2\0", 22)});
  ASSERT_TRUE(process);
  EXPECT_THAT(process->argv, ElementsAre("db", "--password=***"));
}

TEST_F(ProcessReaderTest, CutsALongCommandLine) {
  const auto process =
      read({.pid = 4711, .command_line = "server" + std::string(1, '\0') + std::string(128U * 1024U, 'x')});
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->is_argv_truncated);
  EXPECT_LE(process->argv.at(1).size(), 4096U);
}

TEST_F(ProcessReaderTest, ListsAncestorsParentFirst) {
  proc_.start({.pid = 1, .parent = 0, .name = "systemd", .start_ticks = 5});
  proc_.start({.pid = 50, .parent = 1, .name = "bash", .start_ticks = 50});
  const auto process = read({.pid = 4711, .parent = 50, .start_ticks = 100});
  ASSERT_TRUE(process);
  ASSERT_EQ(process->ancestors.size(), 2U);
  EXPECT_EQ(process->ancestors[0].name, "bash");
  EXPECT_EQ(process->ancestors[0].pid, base::Pid{50});
  EXPECT_EQ(process->ancestors[1].name, "systemd");
}

TEST_F(ProcessReaderTest, DoesNotTakeAYoungerProcessForAParent) {
  proc_.start({.pid = 50, .parent = 1, .name = "reused", .start_ticks = 500});
  const auto process = read({.pid = 4711, .parent = 50, .start_ticks = 100});
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->ancestors.empty());
}

TEST_F(ProcessReaderTest, EndsWhereAncestorsGoInACircle) {
  proc_.start({.pid = 50, .parent = 51});
  proc_.start({.pid = 51, .parent = 50});
  const auto process = read({.pid = 4711, .parent = 50});
  ASSERT_TRUE(process);
  EXPECT_LE(process->ancestors.size(), 32U);
}

TEST_F(ProcessReaderTest, TellsAProcessThatEnded) {
  const auto process = read({.pid = 4711, .state = 'Z'});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->attribution, model::Attribution::kExited);
}

TEST_F(ProcessReaderTest, SeesAnotherImageAfterExec) {
  proc_.start({.pid = 4711});
  const auto before = reader_.read_image(base::Pid{4711}, {}, {});
  EXPECT_EQ(before, reader_.read_image(base::Pid{4711}, {}, before->has_fixed_addresses));
  proc_.run({.pid = 4711, .auxv = "image 2"});
  EXPECT_NE(before, reader_.read_image(base::Pid{4711}, {}, before->has_fixed_addresses));
}

TEST_F(ProcessReaderTest, SeesAnotherImageWhenOnlyTheCommandLineDiffersAndAddressesAreFixed) {
  proc_.start({.pid = 4711});
  proc_.write("4711/personality", "00040000\n");
  const auto before = reader_.read_image(base::Pid{4711}, {}, {});
  EXPECT_EQ(before->has_fixed_addresses, true);
  proc_.run({.pid = 4711, .command_line = "server --other"});
  EXPECT_NE(before, reader_.read_image(base::Pid{4711}, {}, before->has_fixed_addresses));
}

TEST_F(ProcessReaderTest, NumbersImagesWhileAddressesTellThemApart) {
  const auto first = read({.pid = 4711});
  ASSERT_TRUE(first);
  EXPECT_NE(first->image, 0U);
  EXPECT_EQ(read({.pid = 4711, .command_line = "a title"})->image, first->image);
  EXPECT_NE(read({.pid = 4711, .auxv = "image 2"})->image, first->image);
  EXPECT_EQ(read({.pid = 4711, .auxv = ""})->image, 0U);
  proc_.write("4711/personality", "00040000\n");
  EXPECT_EQ(reader_.read(base::Pid{4711})->details->image, 0U);
  EXPECT_EQ(reader_.read(base::Pid{4711})->image.has_fixed_addresses, true) << "an exec may have changed it";
}

TEST_F(ProcessReaderTest, GivesWithTheDetailsTheImageThatIsComparedLater) {
  proc_.start({.pid = 4711});
  for (const bool has_fixed_addresses : {false, true}) {
    const auto reading = reader_.read(base::Pid{4711}, {}, has_fixed_addresses);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->image, reader_.read_image(base::Pid{4711}, {}, has_fixed_addresses));
  }
}

TEST_F(ProcessReaderTest, DoesNotTakeANewTitleForAnExec) {
  proc_.start({.pid = 4711});
  const auto before = reader_.read_image(base::Pid{4711}, {}, {});
  proc_.run({.pid = 4711, .command_line = "server: 3 of 10 connections"});
  EXPECT_EQ(before, reader_.read_image(base::Pid{4711}, {}, before->has_fixed_addresses));
}

}  // namespace
}  // namespace portwatch::sensor
