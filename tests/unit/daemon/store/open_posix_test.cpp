// SPDX-License-Identifier: Apache-2.0
// Opening the store: whose file it may be, what must not be touched, and who may read it.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "daemon/store/database.h"
#include "daemon/store/database_file.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

namespace fs = std::filesystem;

class OpenTest : public ::testing::Test {
 protected:
  base::Result<Opened> open_store() { return open(options_); }

  /// Makes the store with an event in it, and closes it.
  void make_store() {
    auto opened = open_store();
    ASSERT_TRUE(opened) << opened.error().message;
    std::vector<model::Event> events{test::opened_event(test::sample_listener(8080, 1))};
    ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(1), .boot_id = "b"}));
  }

  /// Runs SQL on the file, as another program would; with `keeps_log` what it wrote stays in the log.
  void run_sql(const std::string& sql, bool keeps_log = false) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &connection), SQLITE_OK);
    if (keeps_log) sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    EXPECT_EQ(sqlite3_close(connection), SQLITE_OK);
  }

  /// Every file of the folder with its bytes and mode; without the shared memory, which is no data.
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename();
      if (name.ends_with("-shm")) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      files[name] = std::to_string(mode(entry.path())) + ":" +
                    std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return files;
  }

  static unsigned mode(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  /// The store is refused with this error, and nothing in the folder changes. A reader refuses it too.
  void expect_refused_untouched(base::ErrorCode code) {
    const auto before = contents();
    const bool had_shared_memory = fs::exists(path_.native() + "-shm");
    for (int i = 0; i < 2; ++i) {
      const auto opened = open_store();
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, code) << opened.error().message;
      EXPECT_NE(opened.error().message.find(path_.native()), std::string::npos) << opened.error().message;
    }
    EXPECT_EQ(contents(), before);
    EXPECT_EQ(fs::exists(path_.native() + "-shm"), had_shared_memory);
    const auto reader = open_reader(options_);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, code) << reader.error().message;
  }

  test::TempDir folder_;
  fs::path path_ = fs::canonical(folder_.path()) / "portwatch.db";
  Options options_{.path = path_, .machine_hash = std::nullopt};
};

TEST_F(OpenTest, MakesFilesThatOnlyTheirOwnerMayRead) {
  const mode_t before = ::umask(0);
  {
    auto opened = open_store();
    ASSERT_TRUE(opened) << opened.error().message;
    std::vector<model::Event> events{test::opened_event(test::sample_listener(8080, 1))};
    ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(1), .boot_id = "b"}));
    EXPECT_EQ(mode(path_), 0600U);
    EXPECT_EQ(mode(path_.native() + "-wal"), 0600U);
    EXPECT_EQ(mode(path_.native() + "-shm"), 0600U);
  }
  ::umask(before);
}

TEST_F(OpenTest, TakesAwayWhatOthersMayDoWithAnOlderFile) {
  make_store();
  fs::permissions(path_, fs::perms::all);
  ASSERT_TRUE(open_store());
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(OpenTest, RefusesASymbolicLink) {
  make_store();
  fs::rename(path_, folder_ / "elsewhere.db");
  fs::create_symlink(folder_ / "elsewhere.db", path_);
  expect_refused_untouched(base::ErrorCode::kPermissionDenied);
}

TEST_F(OpenTest, RefusesASymbolicLinkWhereItsLogWillBe) {
  std::ofstream(folder_ / "victim") << "precious";
  fs::create_symlink(folder_ / "victim", path_.native() + "-wal");
  const auto opened = open_store();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(OpenTest, FollowsALinkOfTheFolderItself) {
  fs::create_directory(folder_ / "real");
  fs::create_directory_symlink(folder_ / "real", folder_ / "link");
  options_.path = folder_ / "link" / "portwatch.db";
  EXPECT_TRUE(open_store());
  EXPECT_TRUE(fs::exists(folder_ / "real" / "portwatch.db"));
}

TEST_F(OpenTest, RefusesAFolderInItsPlaceAndAFolderThatIsNotThere) {
  fs::create_directory(path_);
  EXPECT_EQ(open_store().error().code, base::ErrorCode::kPermissionDenied);
  options_.path = folder_ / "nowhere" / "portwatch.db";
  EXPECT_EQ(open_store().error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(open_reader(options_).error().code, base::ErrorCode::kNotFound);
}

TEST_F(OpenTest, RefusesADatabaseOfAnotherProgramUntouched) {
  run_sql("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
  expect_refused_untouched(base::ErrorCode::kConflict);
}

TEST_F(OpenTest, RefusesADatabaseOfAnotherProgramInWalModeUntouched) {
  run_sql("PRAGMA journal_mode = WAL; PRAGMA application_id = 7; CREATE TABLE theirs (a)", true);
  expect_refused_untouched(base::ErrorCode::kConflict);
}

TEST_F(OpenTest, RefusesAFileThatIsNoDatabaseUntouched) {
  std::ofstream(path_) << "my notes: do not forget the milk";
  expect_refused_untouched(base::ErrorCode::kCorrupt);
}

TEST_F(OpenTest, RefusesANewerSchemaUntouched) {
  make_store();
  run_sql("PRAGMA user_version = 99; ALTER TABLE meta ADD COLUMN novelty INTEGER");
  ASSERT_FALSE(fs::exists(path_.native() + "-wal"));
  expect_refused_untouched(base::ErrorCode::kUnsupported);
}

TEST_F(OpenTest, RefusesANewerSchemaUntouchedThatIsOnlyInTheLogYet) {
  make_store();
  run_sql("PRAGMA user_version = 99", true);
  ASSERT_TRUE(fs::exists(path_.native() + "-wal"));
  ASSERT_LT(read_header(path_).value().value().schema_version, 99U);
  expect_refused_untouched(base::ErrorCode::kUnsupported);
}

TEST_F(OpenTest, TakesAnEmptyFileForANewOne) {
  std::ofstream(path_).flush();
  ASSERT_TRUE(open_store());
  EXPECT_EQ(open_store().value().state.last_seq.value, 0);
}

TEST_F(OpenTest, FinishesWhatAnInterruptedCreationLeft) {
  ASSERT_TRUE(create_file(path_));
  {
    auto database = Database::open(path_, Access::kReadWrite, std::chrono::milliseconds{1});
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->initialize());
  }
  make_store();
  EXPECT_EQ(open_store().value().state.last_seq.value, 1);
}

TEST_F(OpenTest, RefusesAnEmptyFileWhoseLogIsNot) {
  std::ofstream(path_) << "";
  std::ofstream(path_.native() + "-wal") << "what was in it";
  const auto opened = open_store();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
}

TEST_F(OpenTest, RemembersWhoClosedALittleWhileAgoAndWasNotReplaced) {
  model::Listener first = test::sample_listener(8001, 1), second = test::sample_listener(8002, 2),
                  third = test::sample_listener(8003, 3), long_gone = test::sample_listener(8004, 4);
  {
    auto opened = open_store();
    ASSERT_TRUE(opened);
    std::vector<model::Event> events{test::opened_event(first), test::opened_event(second),
                                     test::opened_event(third), test::opened_event(long_gone)};
    events.push_back(test::closed_event(long_gone, 1'000));
    events.push_back(test::closed_event(second, 2'000));
    events.push_back(test::closed_event(first, 2'001));
    model::Event again = test::opened_event(test::sample_listener(8002, 5));
    again.detail = model::OpenedDetail{.replaces = second.key, .replaces_seq = std::nullopt};
    events.push_back(std::move(again));
    ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(2'500), .boot_id = "b"}));
  }
  const auto opened = open_store();
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->state.recently_closed.size(), 1U);
  EXPECT_EQ(*opened->state.recently_closed.front(), first);
}

TEST_F(OpenTest, SaysWhichFileIsDamaged) {
  make_store();
  std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(4096);
  file << std::string(16'384, '\x5a');
  file.close();
  const auto opened = open_store();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find(path_.native()), std::string::npos) << opened.error().message;
}

TEST_F(OpenTest, ChoosesWhatCannotBeChangedLater) {
  make_store();
  auto database = Database::open(path_, Access::kReadOnly, std::chrono::milliseconds{1});
  ASSERT_TRUE(database);
  EXPECT_EQ(database->integer("PRAGMA auto_vacuum").value(), 2) << "incremental";
  EXPECT_EQ(database->integer("PRAGMA application_id").value(), kApplicationId);
}

TEST_F(OpenTest, KeepsItsNameWhileItStaysOnItsMachine) {
  const auto first = open_store().value().state;
  options_.machine_hash = "0123";
  const auto second = open_store().value().state;
  options_.machine_hash = std::nullopt;
  const auto third = open_store().value().state;
  options_.machine_hash = "0123";
  const auto fourth = open_store().value().state;
  for (const auto& state : {second, third, fourth}) {
    EXPECT_EQ(state.host_id, first.host_id);
    EXPECT_EQ(state.epoch, first.epoch);
  }
}

TEST_F(OpenTest, TakesANewNameOnAnotherMachine) {
  options_.machine_hash = "0123";
  make_store();
  const auto before = open_store().value().state;
  options_.machine_hash = "4567";
  const auto after = open_store().value().state;
  EXPECT_NE(after.host_id, before.host_id);
  EXPECT_NE(after.epoch, before.epoch);
  EXPECT_EQ(after.host_id.size(), 32U);
  EXPECT_EQ(after.epoch.size(), 16U);
  EXPECT_EQ(after.last_seq, before.last_seq);
  EXPECT_EQ(open_store().value().state.host_id, after.host_id);
}

TEST_F(OpenTest, GivesEachDatabaseAnEpochOfItsOwn) {
  const auto first = open_store().value().state;
  fs::remove(path_);
  const auto second = open_store().value().state;
  EXPECT_NE(first.epoch, second.epoch);
  EXPECT_NE(first.host_id, second.host_id);
}

}  // namespace
}  // namespace portwatch::store
