// SPDX-License-Identifier: Apache-2.0
// A trace in a file: whole, cut off, missing, or no file at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "daemon/trace/source.h"
#include "tests/support/fake_machine.h"
#include "tests/support/temp_dir.h"
#include "tests/support/trace_text.h"

namespace portwatch::trace {
namespace {

using testing::HasSubstr;

class TraceSource : public testing::Test {
 protected:
  std::vector<Record> life() const {
    test::FakeMachine machine;
    const Began began{.version = "1.0",
                      .sensor = {},
                      .boot_id = machine.host().boot_id,
                      .machine_hash = {},
                      .rules = {},
                      .at = machine.now()};
    return {began, Looked{machine.snapshot(), machine.now()}, Ended{machine.now()}};
  }
  std::filesystem::path write(std::string_view text) const {
    std::ofstream(folder / "trace", std::ios::binary) << text;
    return folder / "trace";
  }
  /// How many records follow the first, to the end.
  static std::size_t count(Source& source) {
    std::size_t count = 0;
    for (auto record = source.next(); record && *record; record = source.next()) ++count;
    return count;
  }

  test::TempDir folder;
};

TEST_F(TraceSource, ReadsAWholeFile) {
  const auto source = Source::open(write(test::trace_of(life())));
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ((*source)->began().version, "1.0");
  EXPECT_EQ(count(**source), 2U);
  EXPECT_FALSE((*source)->shortfall());
}

TEST_F(TraceSource, ReadsWhatWasEditedOnAnotherSystem) {
  std::string text;
  for (const char c : test::trace_of(life())) text += c == '\n' ? "\r\n" : std::string(1, c);
  const auto source = Source::open(write(text));
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(count(**source), 2U);
}

TEST_F(TraceSource, SaysThatItIsCutOffAndGivesWhatIsThere) {
  const std::string text = test::trace_of(life());
  const auto source = Source::open(write(text.substr(0, text.size() - 10)));
  ASSERT_TRUE(source);
  EXPECT_EQ(count(**source), 1U);
  EXPECT_THAT((*source)->shortfall().value_or(""), HasSubstr("line 5 is cut off"));
}

TEST_F(TraceSource, SaysThatTheEndIsMissing) {
  std::vector<Record> records = life();
  records.pop_back();
  const auto source = Source::open(write(test::trace_of(records)));
  ASSERT_TRUE(source);
  EXPECT_EQ(count(**source), 1U);
  EXPECT_THAT((*source)->shortfall().value_or(""), HasSubstr("the end is missing"));
}

TEST_F(TraceSource, RefusesWhatIsNoTrace) {
  EXPECT_EQ(Source::open(folder / "missing").error().code, base::ErrorCode::kNotFound);
  EXPECT_FALSE(Source::open(folder.path()));
  EXPECT_THAT(Source::open(write("")).error().message, HasSubstr("is no trace"));
  EXPECT_THAT(Source::open(write("no newline")).error().message, HasSubstr("is no trace"));
  EXPECT_THAT(Source::open(write(std::string(std::size_t{9} << 20U, 'x'))).error().message,
              HasSubstr("line 1: it is longer"));
}

}  // namespace
}  // namespace portwatch::trace
