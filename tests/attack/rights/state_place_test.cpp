// SPDX-License-Identifier: Apache-2.0
// The state folder: somebody else's, open to others, or with something else in the place of each file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "tests/attack/rights/other_user.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

constexpr int kDenied = 4;
constexpr int kFailed = 6;
constexpr const char* kPrecious = "something that is not portwatch's\n";

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class StatePlace : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(state);
    ASSERT_EQ(::chmod(state.c_str(), 0700), 0);
    std::ofstream(precious) << kPrecious;
  }
  [[nodiscard]] Outcome run(const fs::path& at) const {
    return daemon.portwatchd(
        {"--config", daemon.configuration_file(), "--state-dir", at, "--socket", folder / "s"});
  }
  void expect_denied(const fs::path& at, std::string_view why) const {
    const Outcome outcome = run(at);
    EXPECT_EQ(outcome.exit_code, kDenied) << at << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(std::string(why)));
    EXPECT_FALSE(fs::exists(folder / "s"));
  }

  TempDir folder;
  fs::path state = folder / "state";
  fs::path precious = folder / "precious";
  DaemonHarness daemon;
};

TEST_F(StatePlace, OfOurOwnAndPrivateIsTheOnlyOneThatIsTaken) {
  fs::create_directory_symlink(state, folder / "link");
  expect_denied(folder / "link", "symbolic links are not followed");
  for (const mode_t mode : {mode_t{0770}, mode_t{0707}, mode_t{0777}, mode_t{01777}}) {
    ASSERT_EQ(::chmod(state.c_str(), mode), 0);
    expect_denied(state, "chmod go-w");
  }
  ASSERT_EQ(::chmod(state.c_str(), 0700), 0);
  fs::create_directories(folder / "open/state");
  ASSERT_EQ(::chmod((folder / "open/state").c_str(), 0700), 0);
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0777), 0);
  expect_denied(folder / "open/state", (folder / "open").native());
  if (!can_be_others()) {
    expect_denied("/", "belongs to uid 0");
    return;
  }
  ASSERT_EQ(::chown((folder / "open").c_str(), kBob, kBob), 0);
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0755), 0);
  expect_denied(folder / "open/state", std::to_string(kBob));
  ASSERT_EQ(::chown(state.c_str(), kBob, kBob), 0);
  expect_denied(state, "belongs to uid " + std::to_string(kBob));
}

TEST_F(StatePlace, ALinkInThePlaceOfAFileIsNotFollowed) {
  for (const char* name :
       {"portwatch.db", "portwatch.db-wal", "portwatch.db-shm", "portwatch.db-journal", "portwatchd.lock"}) {
    for (const fs::path& target : {precious, folder / "made-by-us"}) {
      SCOPED_TRACE(name);
      fs::create_symlink(target, state / name);
      expect_denied(state, name);
      EXPECT_TRUE(fs::is_symlink(fs::symlink_status(state / name)));
      for (const auto& entry : fs::directory_iterator(state)) fs::remove(entry.path());
    }
  }
  EXPECT_EQ(text_of(precious), kPrecious);
  EXPECT_FALSE(fs::exists(folder / "made-by-us"));
}

TEST_F(StatePlace, AFifoOrAFolderInThePlaceOfAFileHoldsNothingUp) {
  const std::vector<std::function<void(const fs::path&)>> kinds{
      [](const fs::path& path) { PW_ASSERT(::mkfifo(path.c_str(), 0600) == 0); },
      [](const fs::path& path) { fs::create_directory(path); }};
  for (const char* name : {"portwatch.db", "portwatch.db-wal", "portwatch.db-shm", "portwatchd.lock"}) {
    for (const auto& make : kinds) {
      SCOPED_TRACE(name);
      make(state / name);
      const Outcome outcome = run(state);
      EXPECT_THAT(outcome.exit_code, AnyOf(kDenied, kFailed)) << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(name));
      for (const auto& entry : fs::directory_iterator(state)) fs::remove(entry.path());
    }
  }
}

TEST_F(StatePlace, AnotherNameOfAPreciousFileInThePlaceOfOneLeavesItAsItIs) {
  fs::create_hard_link(precious, state / "portwatchd.lock");
  // A database that is none is set aside by its name; what the other name shows stays.
  fs::create_hard_link(precious, state / "portwatch.db");
  ASSERT_EQ(::chmod(precious.c_str(), 0644), 0);
  DaemonHarness::Options options;
  options.has_places_by_option = false;
  options.arguments = {"--config",  daemon.configuration_file(), "--state-dir", state, "--socket",
                       folder / "s"};
  DaemonHarness other(options);
  ASSERT_TRUE(other.start());
  EXPECT_EQ(text_of(precious), kPrecious);
  EXPECT_EQ(other.stop(), 0);
  EXPECT_EQ(text_of(precious), kPrecious);
}

TEST_F(StatePlace, AFileOfSomebodyElseIsNotTakenForOurs) {
  std::ofstream(state / "portwatch.db") << "";
  if (can_be_others()) {
    ASSERT_EQ(::chown((state / "portwatch.db").c_str(), kBob, kBob), 0);
    expect_denied(state, "belongs to uid " + std::to_string(kBob));
    return;
  }
  struct stat status{};
  ASSERT_EQ(::stat((state / "portwatch.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid()) << "there is nobody else here";
}

}  // namespace
}  // namespace portwatch::test
