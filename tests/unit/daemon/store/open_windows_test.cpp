// SPDX-License-Identifier: Apache-2.0
// Opening the store on Windows: what is in the way, who may do what with the file, and a folder whose name is
// in no code page.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/store/database_file.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The access list of a file in the security descriptor string format.
std::string access_of(const fs::path& path) {
  void* raw = nullptr;
  EXPECT_EQ(::GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr,
                                    nullptr, nullptr, &raw),
            static_cast<DWORD>(ERROR_SUCCESS));
  const std::unique_ptr<void, HLOCAL (*)(HLOCAL)> descriptor(raw, ::LocalFree);
  wchar_t* text = nullptr;
  if (::ConvertSecurityDescriptorToStringSecurityDescriptorW(raw, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                             &text, nullptr) == 0)
    return "";
  const std::unique_ptr<wchar_t, HLOCAL (*)(HLOCAL)> owner(text, ::LocalFree);
  return fs::path(text).string();
}

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

TEST_F(WindowsOpenTest, GivesNobodyElseAccessToItsFile) {
  fs::create_directory(options_.path.parent_path());
  std::ofstream(options_.path).close();
  ASSERT_TRUE(restrict_file(options_.path));
  const std::string access = access_of(options_.path);
  EXPECT_THAT(access, HasSubstr(";;;SY)"));
  EXPECT_THAT(access, HasSubstr(";;;BA)"));
  EXPECT_THAT(access, Not(HasSubstr(";;;WD)")));  // everybody
  EXPECT_THAT(access, Not(HasSubstr(";;;BU)")));  // users
  EXPECT_THAT(access, Not(HasSubstr(";;;AU)")));  // whoever is logged in
}

}  // namespace
}  // namespace portwatch::store
