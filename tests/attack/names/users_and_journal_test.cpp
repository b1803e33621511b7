// SPDX-License-Identifier: Apache-2.0
// Names that only the system's own files can hold, and the journal. The daemon gets files of its own for
// both, in a mount namespace.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/attack/names/hostile_names.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"
#include "tests/support/notify_socket.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// Runs portwatchd behind a script, in a mount namespace where the script may do as it likes.
std::vector<std::string> behind(const std::string& script, const std::string& argument) {
  std::vector<std::string> around{"unshare", "--mount"};
  if (::geteuid() != 0) around.emplace_back("--map-root-user");
  around.insert(around.end(), {"sh", "-c", "set -e; " + script + "; shift; exec \"$@\"", "sh", argument});
  return around;
}

TEST(Users, HostileNamesInTheUserDatabaseAreShownHarmlessly) {
  const TempDir folder;
  const fs::path passwd = folder / "passwd";
  // What the file itself cannot hold is a colon and a newline.
  std::ofstream(passwd) << "ro\x1b[31mot\u202e  known\x9b:x:0:0:::\n";
  DaemonHarness daemon({.around = behind("mount --bind \"$1\" /etc/passwd", passwd)});
  ASSERT_TRUE(daemon.start());
  const ListeningSocket socket({.port = free_named_port()});
  const std::string port = std::to_string(socket.port());
  ASSERT_TRUE(daemon.sees(socket.port()));
  for (const std::vector<std::string>& words : std::initializer_list<std::vector<std::string>>{
           {"list"}, {"show", port}, {"history"}, {"alerts"}, {"status"}}) {
    SCOPED_TRACE(words.front());
    EXPECT_EQ(fault_in(daemon.ctl(words), false), "");
    std::vector<std::string> json = words;
    json.emplace_back("--json");
    EXPECT_EQ(fault_in(daemon.ctl(json), true), "");
  }
  EXPECT_THAT(daemon.ctl({"show", port}).out, HasSubstr("ro\\x1b[31mot\\u202e"));
  EXPECT_EQ(fault_in_text(daemon.log()), "");
}

TEST(Journal, IsToldOneFieldForEachMessage) {
  const TempDir folder;
  fs::create_directories(folder / "systemd/journal");
  NotifySocket journal(folder / "systemd/journal/socket");
  DaemonHarness::Options options;
  options.configuration += "[log]\ntarget = \"journal\"\nlevel = \"debug\"\n";
  // In a /run of its own, because not every machine has the journal's folder.
  options.around = behind(
      "mount -t tmpfs none /run; mkdir -p /run/systemd/journal; mount --bind \"$1\" /run/systemd/journal",
      folder / "systemd/journal");
  DaemonHarness daemon(options);
  daemon.launch();
  ASSERT_TRUE(wait_until([&] { return journal.told().find("ready: ") != std::string::npos; }));

  fs::copy_file("/bin/sh", folder / "x\nPRIORITY=0\n_UID=0\x1b[31m");
  const ListeningSocket socket({.port = free_named_port(), .is_inherited = true});
  ChildProcess liar({folder / "x\nPRIORITY=0\n_UID=0\x1b[31m", "-c", "read x"});
  ASSERT_TRUE(wait_until([&] { return journal.told().find("alert id=") != std::string::npos; }));
  EXPECT_EQ(fault_in_text(journal.told()), "");
  EXPECT_THAT(journal.told(), HasSubstr("x\\nPRIORITY=0"));
  EXPECT_THAT(journal.told(), Not(HasSubstr("\nPRIORITY=0")));
  EXPECT_THAT(journal.told(), Not(HasSubstr("\n_UID=0")));
}

}  // namespace
}  // namespace portwatch::test
