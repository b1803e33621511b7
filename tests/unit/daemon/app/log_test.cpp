// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::app {
namespace {

using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

TEST(Log, WritesTimeLevelAndMessageOnOneLine) {
  CaptureStderr();
  make_stderr_log(LogLevel::kInfo)->info("{} listeners", 3);
  EXPECT_THAT(GetCapturedStderr(),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info 3 listeners\n"));
}

TEST(Log, HostileTextStaysOnItsLineAndCannotActOnATerminal) {
  CaptureStderr();
  make_stderr_log(LogLevel::kInfo)->warning("{}", "a\nb\x1b[2J\xe2\x80\xae{}%n");
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("a\\nb\\x1b[2J\\u202e{}%n\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(Log, LeavesOutWhatIsNotWorthSayingUntilTheLevelChanges) {
  const auto log = make_stderr_log(LogLevel::kWarning);
  CaptureStderr();
  log->info("first");
  log->warning("second");
  log->set_level(LogLevel::kDebug);
  log->debug("third");
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, testing::Not(HasSubstr("first")));
  EXPECT_THAT(text, HasSubstr("second"));
  EXPECT_THAT(text, HasSubstr("third"));
}

}  // namespace
}  // namespace portwatch::app
