// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/cursor.h"

#include <gtest/gtest.h>

namespace portwatch::protocol {
namespace {

TEST(Cursor, ReadsWhatItWrites) {
  const Cursor cursor{.epoch = "fedcba9876543210", .seq = {42}};
  EXPECT_EQ(cursor.to_string(), "fedcba9876543210.42");
  EXPECT_EQ(Cursor::parse(cursor.to_string()), cursor);
  EXPECT_EQ(Cursor::parse("0000000000000000.0"), (Cursor{.epoch = "0000000000000000"}));
}

TEST(Cursor, RefusesWhatItNeverWrote) {
  for (const auto* text :
       {"", ".", "42", "fedcba9876543210", "fedcba9876543210.", "fedcba9876543210.x", "fedcba9876543210.-1",
        "fedcba9876543210.42.1", "FEDCBA9876543210.42", "fedcba987654321.42", "fedcba98765432100.42",
        "fedcba9876543210.9223372036854775808", " fedcba9876543210.42"})
    EXPECT_EQ(Cursor::parse(text), std::nullopt) << text;
}

}  // namespace
}  // namespace portwatch::protocol
