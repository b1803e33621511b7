// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/detail_codec.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::store {
namespace {

constexpr std::size_t kKinds = base::kEnumNames<model::EventKind>.size();

TEST(DetailCodec, NoticesADetailThatWasCutAnywhere) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<model::EventKind>(i);
    const std::string whole = encode_detail(test::make_event(kind).detail);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto decoded = decode_detail(kind, whole.substr(0, size));
      ASSERT_FALSE(decoded) << base::name_of(kind) << " cut to " << size;
      EXPECT_EQ(decoded.error().code, base::ErrorCode::kCorrupt);
    }
  }
}

TEST(DetailCodec, TakesDamagedBytesWithoutHarm) {
  std::size_t refused = 0;
  for (std::size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<model::EventKind>(i);
    const std::string whole = encode_detail(test::make_event(kind).detail);
    for (std::size_t place = 0; place < whole.size(); ++place) {
      for (const char wrong : {'\0', '9', ':', ',', '-', '\xff'}) {
        std::string damaged = whole;
        damaged[place] = wrong;
        refused += decode_detail(kind, damaged) ? 0U : 1U;
      }
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(DetailCodec, NoticesDamagedLists) {
  EXPECT_FALSE(decode_argv("3:ab,"));
  EXPECT_FALSE(decode_ancestors("1:1,1:2,"));
  EXPECT_FALSE(decode_reasons("1:1,2:99,1:x,"));
}

}  // namespace
}  // namespace portwatch::store
