// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/framer.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kTooLong = "<too long>";

std::vector<std::string> frames_of(LineFramer& framer, std::string_view bytes) {
  framer.feed(bytes);
  std::vector<std::string> frames;
  while (const auto frame = framer.next()) frames.emplace_back(frame->is_too_long ? kTooLong : frame->line);
  return frames;
}

TEST(LineFramer, GivesWholeLines) {
  LineFramer framer(100);
  EXPECT_THAT(frames_of(framer, "one\ntwo\nthr"), ElementsAre("one", "two"));
  EXPECT_THAT(frames_of(framer, "e"), IsEmpty());
  EXPECT_THAT(frames_of(framer, "e\n"), ElementsAre("three"));
}

TEST(LineFramer, SkipsEmptyLines) {
  LineFramer framer(100);
  EXPECT_THAT(frames_of(framer, "\n\na\n\n"), ElementsAre("a"));
}

TEST(LineFramer, TakesALineOfExactlyTheMaximum) {
  LineFramer framer(4);
  EXPECT_THAT(frames_of(framer, "abcd\nabcde\nx\n"), ElementsAre("abcd", kTooLong, "x"));
}

TEST(LineFramer, SaysTooLongOnceAndGoesOnWithTheNextLine) {
  LineFramer framer(4);
  EXPECT_THAT(frames_of(framer, "abcde"), ElementsAre(kTooLong));
  EXPECT_THAT(frames_of(framer, "fgh"), IsEmpty());
  EXPECT_THAT(frames_of(framer, "more and more"), IsEmpty());
  EXPECT_THAT(frames_of(framer, "end\nok\n"), ElementsAre("ok"));
}

TEST(LineFramer, SaysTooLongForEachSuchLine) {
  LineFramer framer(2);
  EXPECT_THAT(frames_of(framer, "abc\ndef\n"), ElementsAre(kTooLong, kTooLong));
}

}  // namespace
}  // namespace portwatch::protocol
