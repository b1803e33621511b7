// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/store_opening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

namespace portwatch::app {
namespace {

const base::UtcTime kNow = test::utc_at(std::chrono::hours{2});

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(StoreOpening, OpensANewStoreAndAnOldOne) {
  const test::TempDir folder;
  std::string host_id;
  {
    const auto store = open_store(folder.path(), std::nullopt, kNow);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(store->set_aside, std::nullopt);
    EXPECT_EQ(store->options.path, folder / "portwatch.db");
    host_id = store->opened.state.host_id;
  }
  const auto again = open_store(folder.path(), std::nullopt, kNow);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->opened.state.host_id, host_id);
  EXPECT_EQ(again->set_aside, std::nullopt);
}

TEST(StoreOpening, SetsADamagedStoreAsideWithItsLogAndBeginsANewOne) {
  const test::TempDir folder;
  const std::string damage(8192, 'x');
  std::ofstream(folder / "portwatch.db") << damage;
  std::ofstream(folder / "portwatch.db-wal") << "log";
  const auto store = open_store(folder.path(), std::nullopt, kNow);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(store->set_aside, folder / "portwatch.db.damaged-20261121T100000Z");
  EXPECT_THAT(store->damage, testing::HasSubstr("portwatch.db"));
  EXPECT_EQ(read(*store->set_aside), damage);
  EXPECT_EQ(read(store->set_aside->native() + "-wal"), "log");
  EXPECT_EQ(store->opened.state.last_seq, base::Seq{0});
}

TEST(StoreOpening, NeverWritesOverOneThatWasSetAsideBefore) {
  const test::TempDir folder;
  std::ofstream(folder / "portwatch.db.damaged-20261121T100000Z") << "earlier";
  std::ofstream(folder / "portwatch.db") << std::string(8192, 'x');
  const auto store = open_store(folder.path(), std::nullopt, kNow);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(store->set_aside, folder / "portwatch.db.damaged-20261121T100000Z-2");
  EXPECT_EQ(read(folder / "portwatch.db.damaged-20261121T100000Z"), "earlier");
}

}  // namespace
}  // namespace portwatch::app
