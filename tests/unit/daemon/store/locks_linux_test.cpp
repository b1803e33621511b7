// SPDX-License-Identifier: Apache-2.0
// Whether other programs can see that the database is in use. SQLite says so with POSIX locks (fcntl(2)),
// which any close(2) of the same file in this process would take away. Linux: F_OFD_GETLK asks as another
// program would.
#include <gtest/gtest.h>

#include <fcntl.h>

#include <filesystem>
#include <vector>

#include "common/base/assert.h"
#include "daemon/store/store.h"
#include "tests/support/log_samples.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

/// Whether somebody has locked the bytes by which SQLite says that a connection is open
/// (https://www.sqlite.org/lockingv3.html: the shared range). To ask costs the locks, so it is asked once.
bool is_in_use(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  PW_ASSERT(fd >= 0);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000 + 2;
  lock.l_len = 510;
  PW_ASSERT(::fcntl(fd, F_OFD_GETLK, &lock) == 0);
  (void)::close(fd);
  return lock.l_type != F_UNLCK;
}

class Locks : public ::testing::Test {
 protected:
  test::TempDir folder_;
  Options options_{.path = std::filesystem::canonical(folder_.path()) / "portwatch.db",
                   .machine_hash = std::nullopt};
};

TEST_F(Locks, SayThatTheWriterHasTheDatabase) {
  for (int run = 0; run < 2; ++run) {
    auto opened = open(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    std::vector<model::Event> events{test::opened_event(test::sample_listener(8080, run + 1))};
    ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(1), .boot_id = "b"}));
    EXPECT_TRUE(is_in_use(options_.path)) << "run " << run;
  }
}

TEST_F(Locks, StayWhenReadersAreOpenedAndClosed) {
  auto opened = open(options_);
  ASSERT_TRUE(opened) << opened.error().message;
  const auto reader = open_reader(options_);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(open_reader(options_));
  EXPECT_TRUE(is_in_use(options_.path));
}

}  // namespace
}  // namespace portwatch::store
