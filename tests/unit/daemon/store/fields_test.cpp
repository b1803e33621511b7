// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/fields.h"

#include <limits>

#include <gtest/gtest.h>

namespace portwatch::store {
namespace {

TEST(Fields, KeepAnyBytes) {
  const std::string bytes("1:a,\0\xff:,", 9);
  FieldWriter out;
  out.put(bytes).put("").put(std::numeric_limits<std::int64_t>::min()).put(std::optional<std::int64_t>());
  FieldReader in(out.bytes());
  EXPECT_EQ(in.bytes(), bytes);
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.number(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.optional_number(), std::nullopt);
  EXPECT_TRUE(in.is_good());
  EXPECT_TRUE(in.is_at_end());
}

TEST(Fields, AreReadableByPeople) {
  EXPECT_EQ(FieldWriter().put("python3").put("-m").put(std::int64_t{-8}).bytes(), "7:python3,2:-m,2:-8,");
}

TEST(Fields, NoticeWhatIsNotAField) {
  for (const std::string_view bytes : {"", "3", "3:", "3:ab,", "3:abc", "3:abcd", ":abc,", "-1:a,", "x:a,",
                                       "99999999999999999999:a,", "18446744073709551615:a,", "1 :a,"}) {
    FieldReader in(bytes);
    EXPECT_EQ(in.bytes(), "") << bytes;
    EXPECT_FALSE(in.is_good()) << bytes;
  }
}

TEST(Fields, NoticeWhatIsNotANumber) {
  for (const std::string_view bytes : {"0:,", "1:x,", "2:1 ,", "20:99999999999999999999,", "2:+1,"}) {
    FieldReader in(bytes);
    EXPECT_EQ(in.number(), 0) << bytes;
    EXPECT_FALSE(in.is_good()) << bytes;
  }
}

TEST(Fields, StayBadOnceTheyWere) {
  FieldReader in("1:x,1:7,");
  EXPECT_EQ(in.number(), 0);
  EXPECT_EQ(in.number(), 0);
  EXPECT_FALSE(in.is_good());
}

TEST(Fields, NeverPromiseMoreElementsThanCouldBeThere) {
  FieldReader honest("1:2,1:a,1:b,");
  EXPECT_EQ(honest.count(), 2U);
  for (const std::string_view bytes : {"10:4000000000,1:a,", "2:-1,1:a,", "1:2,1:a,"}) {
    FieldReader in(bytes);
    EXPECT_EQ(in.count(), 0U) << bytes;
    EXPECT_FALSE(in.is_good()) << bytes;
  }
}

enum class Colour { kRed, kGreen };

TEST(Fields, NoticeAnEnumeratorOutOfRange) {
  FieldReader in("1:1,1:2,");
  EXPECT_EQ(in.enumerator<Colour>(2), Colour::kGreen);
  EXPECT_EQ(in.enumerator<Colour>(2), Colour::kRed);
  EXPECT_FALSE(in.is_good());
}

}  // namespace
}  // namespace portwatch::store
