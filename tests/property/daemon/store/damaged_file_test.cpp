// SPDX-License-Identifier: Apache-2.0
// A file that was damaged anywhere is answered with an error or with what can still be read, never with a
// crash, and an error says so.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "daemon/store/store.h"
#include "tests/property/daemon/store/random_history.h"
#include "tests/support/temp_dir.h"

namespace portwatch::store {
namespace {

namespace fs = std::filesystem;

TEST(Store, SurvivesAFileThatWasDamagedAnywhere) {
  const test::TempDir folder;
  const Options original{.path = folder / "original.db", .machine_hash = std::nullopt};
  const Options damaged{.path = folder / "damaged.db", .machine_hash = std::nullopt};
  test::Random random(7);
  {
    auto opened = open(original);
    ASSERT_TRUE(opened);
    test::RandomHistory history(random);
    for (int group = 0; group < 60; ++group) {
      std::vector<model::Event> events = history.next_group();
      ASSERT_TRUE(opened->writer->commit(events, {.at = test::at(0), .boot_id = "b"}));
    }
  }
  const auto size = fs::file_size(original.path);

  int errors = 0;
  for (int attempt = 0; attempt < 60; ++attempt) {
    SCOPED_TRACE(attempt);
    fs::copy_file(original.path, damaged.path, fs::copy_options::overwrite_existing);
    for (const char* companion : {"-wal", "-shm"}) fs::remove(damaged.path.string() + companion);
    {
      std::fstream file(damaged.path, std::ios::binary | std::ios::in | std::ios::out);
      for (std::uint64_t i = 0, count = 1 + random.below(6); i < count; ++i) {
        file.seekp(static_cast<std::streamoff>(random.below(size)));
        const std::string bytes = random.bytes(24);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      }
    }
    const auto opened = open(damaged);
    if (!opened) {
      EXPECT_FALSE(opened.error().message.empty());
      ++errors;
    }
    const auto reader = open_reader(damaged);
    if (!reader) continue;
    errors += (*reader)->events({}) ? 0 : 1;
    errors += (*reader)->events({.newest_first = true}) ? 0 : 1;
    errors += (*reader)->alerts({}) ? 0 : 1;
    errors += (*reader)->listeners_at({.at = test::at(40), .port = {}}) ? 0 : 1;
  }
  EXPECT_GT(errors, 10) << "the damage was not noticed";
}

}  // namespace
}  // namespace portwatch::store
