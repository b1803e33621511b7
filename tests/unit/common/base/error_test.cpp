// SPDX-License-Identifier: Apache-2.0
#include "common/base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace portwatch::base {
namespace {

TEST(Error, OfTheOsSaysWhatWasTriedAndGetsTheCodeThatFits) {
  const Error denied = fail_os("opening /proc/1/fd", EACCES).error();
  EXPECT_EQ(denied.code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(denied.message, "opening /proc/1/fd: Permission denied");
  EXPECT_EQ(fail_os("x", ENOENT).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fail_os("x", ENOSPC).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(fail_os("x", EADDRINUSE).error().code, ErrorCode::kConflict);
  EXPECT_EQ(fail_os("x", EMFILE).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(fail_os("x", EIO).error().code, ErrorCode::kInternal);
}

TEST(Error, KeepsItsCodeWhenContextIsAdded) {
  const Error error =
      with_context("reading a", with_context("line 3", {ErrorCode::kCorrupt, "no number"}).error()).error();
  EXPECT_EQ(error, (Error{ErrorCode::kCorrupt, "reading a: line 3: no number"}));
}

Status forward(Status inner, bool& went_on) {
  PW_TRY(std::move(inner));
  went_on = true;
  return {};
}

TEST(Try, ReturnsTheErrorOrGoesOn) {
  bool went_on = false;
  const Status failed = forward(fail(ErrorCode::kTimeout, "late"), went_on);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "late");
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(forward({}, went_on));
  EXPECT_TRUE(went_on);
}

}  // namespace
}  // namespace portwatch::base
