// SPDX-License-Identifier: Apache-2.0
// What becomes of a recording when the disk is full, too slow or gone, and when the file gets too large.
#include "daemon/app/trace_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "tests/support/temp_dir.h"
#include "tests/support/trace_text.h"
#include "tests/support/wait.h"

namespace portwatch::app {
namespace {

using testing::HasSubstr;

/// What a file got, and what it answers.
struct FakeDisk {
  std::mutex mutex;
  std::string text;
  std::optional<base::Error> error;
  std::latch* gate = nullptr;

  std::string written() {
    const std::lock_guard lock(mutex);
    return text;
  }
};

class FakeFile final : public TraceFile {
 public:
  explicit FakeFile(std::shared_ptr<FakeDisk> disk) : disk_(std::move(disk)) {}
  base::Status append(std::string_view text) override {
    if (disk_->gate != nullptr) disk_->gate->wait();
    const std::lock_guard lock(disk_->mutex);
    if (disk_->error) return std::unexpected(*disk_->error);
    disk_->text += text;
    return {};
  }

 private:
  std::shared_ptr<FakeDisk> disk_;
};

struct Recording {
  explicit Recording(TraceRecorder::Options options = {}) {
    recorder = std::make_unique<TraceRecorder>(std::make_unique<FakeFile>(disk), options,
                                               [this](const base::Error& why) {
                                                 problem = why.message;
                                                 ++problems;
                                               });
  }
  static trace::Record tick(std::int64_t second) {
    return trace::Ticked{{.boot = base::BootTime{std::chrono::seconds{second}}, .utc = {}, .suspended = {}}};
  }

  std::shared_ptr<FakeDisk> disk = std::make_shared<FakeDisk>();
  std::string problem;
  std::atomic<int> problems = 0;
  std::unique_ptr<TraceRecorder> recorder;
};

TEST(TraceRecorder, WritesAllInOrderBeforeItEnds) {
  Recording recording;
  std::vector<trace::Record> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back(Recording::tick(i));
    recording.recorder->add(records.back());
  }
  recording.recorder.reset();
  EXPECT_EQ(recording.disk->written(), test::trace_of(records));
  EXPECT_EQ(recording.problems, 0);
}

TEST(TraceRecorder, EndsOnceAndSaysSoWhenTheDiskIsFull) {
  Recording recording;
  recording.recorder->add(Recording::tick(1));
  ASSERT_TRUE(test::wait_until([&] { return !recording.disk->written().empty(); }));
  const std::string before = recording.disk->written();
  {
    const std::lock_guard lock(recording.disk->mutex);
    recording.disk->error = base::Error{base::ErrorCode::kUnavailable, "no space"};
  }
  recording.recorder->add(Recording::tick(2));
  ASSERT_TRUE(test::wait_until([&] { return recording.problems == 1; }));
  EXPECT_EQ(recording.problem, "no space");
  {
    const std::lock_guard lock(recording.disk->mutex);
    recording.disk->error.reset();
  }
  recording.recorder->add(Recording::tick(3));
  recording.recorder.reset();
  EXPECT_EQ(recording.disk->written(), before) << "a hole in a trace would be a lie";
  EXPECT_EQ(recording.problems, 1);
}

TEST(TraceRecorder, EndsWhenTheFileGetsTooLarge) {
  Recording recording({.most_bytes = 250});
  for (int i = 0; i < 10; ++i) recording.recorder->add(Recording::tick(i));
  recording.recorder.reset();
  EXPECT_EQ(recording.problems, 1);
  EXPECT_THAT(recording.problem, HasSubstr("has grown"));
  const std::string text = recording.disk->written();
  EXPECT_LE(text.size(), 250U);
  EXPECT_TRUE(text.ends_with("}\n")) << "the last line is whole";
}

TEST(TraceRecorder, NeitherWaitsForADiskThatHangsNorKeepsAll) {
  std::latch gate(1);
  Recording recording({.most_waiting = 20, .patience = std::chrono::milliseconds{20}});
  recording.disk->gate = &gate;
  for (int i = 0; i < 100; ++i) recording.recorder->add(Recording::tick(i));
  EXPECT_EQ(recording.problems, 1);
  EXPECT_THAT(recording.problem, HasSubstr("too slow"));
  recording.recorder.reset();
  EXPECT_EQ(recording.disk->written(), "") << "it still hangs";
  gate.count_down();
  EXPECT_TRUE(test::wait_until([&] { return recording.disk.use_count() == 1; }))
      << "its thread goes by itself";
}

TEST(TraceFile, IsNewAndPrivate) {
  const test::TempDir folder;
  {
    const auto file = TraceFile::create(folder / "trace");
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE((*file)->append("hello\n"));
  }
  const auto permissions = std::filesystem::status(folder / "trace").permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(TraceFile::create(folder / "trace").error().code, base::ErrorCode::kConflict);
  std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
  EXPECT_EQ(TraceFile::create(folder / "link").error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(TraceFile::create(folder / "no/folder").error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace portwatch::app
