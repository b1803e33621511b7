// SPDX-License-Identifier: Apache-2.0
// Bytes of other processes as text that JSON can hold, and back.
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "daemon/trace/byte_text.h"
#include "tests/support/random.h"

namespace portwatch::trace {
namespace {

TEST(ByteText, LeavesValidTextAsItIs) {
  for (const std::string text : {"", "/usr/sbin/nginx", "é 中 😀", "a\nb", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(text_of_bytes(text), text);
    EXPECT_EQ(bytes_of_text(text), text);
  }
}

TEST(ByteText, GivesBackWhatIsNoText) {
  for (const std::string bytes :
       {"\xFF", "a\x80z", "\xC3", "\xED\xA0\x80", "\xF4\x8F\xBA\x80", "\xF4\x8F\xBB\xBF!"}) {
    const std::string text = text_of_bytes(bytes);
    EXPECT_EQ(base::to_valid_utf8(text), text);
    EXPECT_EQ(bytes_of_text(text), bytes);
  }
}

TEST(ByteText, GivesBackAnyBytes) {
  test::Random random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = random.bytes(12);
    if (random.chance(30)) bytes += text_of_bytes(random.bytes(4));
    const std::string text = text_of_bytes(bytes);
    ASSERT_EQ(base::to_valid_utf8(text), text);
    ASSERT_EQ(bytes_of_text(text), bytes);
  }
}

}  // namespace
}  // namespace portwatch::trace
