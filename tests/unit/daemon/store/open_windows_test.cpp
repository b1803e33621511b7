// SPDX-License-Identifier: Apache-2.0
// Opening the store on Windows: what is in the way, and a folder whose name is in no code page. Who may do
// what with the file is for Windows itself to show: wine keeps modes, not access lists.
#include "daemon/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class WindowsOpenTest : public ::testing::Test {
 protected:
  test::TempDir folder_;
  Options options_{.path = folder_.path() / L"größe-日本" / "portwatch.db", .machine_hash = std::nullopt};
};

TEST_F(WindowsOpenTest, KeepsEventsInAFolderOfAnyName) {
  fs::create_directory(options_.path.parent_path());
  {
    auto opened = open(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    std::vector<model::Event> events{test::opened_event(test::sample_listener(8080, 1))};
    ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(1), .boot_id = "b"}));
  }
  auto reader = open_reader(options_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->events({})->events.size(), 1U);
}

TEST_F(WindowsOpenTest, RefusesAFolderInItsPlaceAndAFolderThatIsNotThere) {
  EXPECT_EQ(open(options_).error().code, base::ErrorCode::kNotFound);
  fs::create_directories(options_.path);
  EXPECT_EQ(open(options_).error().code, base::ErrorCode::kPermissionDenied);
}

TEST_F(WindowsOpenTest, RefusesAFileThatIsNoDatabase) {
  fs::create_directory(options_.path.parent_path());
  std::ofstream(options_.path) << std::string(200, 'x');
  const auto opened = open(options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  EXPECT_THAT(opened.error().message, HasSubstr(options_.path.filename().string()));
}

}  // namespace
}  // namespace portwatch::store
