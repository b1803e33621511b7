// SPDX-License-Identifier: Apache-2.0
#include "common/base/utf8.h"

#include <algorithm>
#include <array>

#include "common/base/assert.h"
#include "common/base/code_point_ranges.h"

namespace portwatch::base {
namespace {

constexpr auto kInvisible = std::to_array<CodePointRange>({
    {0x00, 0x1F},       {0x7F, 0xA0},       {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
});

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

}  // namespace

CodePoint first_code_point(std::string_view bytes) {
  PW_ASSERT(!bytes.empty());
  const unsigned lead = byte_at(bytes, 0);
  if (lead < 0x80) return {.value = lead, .size = 1, .is_valid = true};

  std::size_t size = 0;
  unsigned value = 0;
  // The second byte is narrower than 80..BF after four lead bytes: no overlong forms, surrogates, or beyond
  // 10FFFF.
  unsigned lowest = 0x80;
  unsigned highest = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
    value = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    value = lead & 0x0FU;
    if (lead == 0xE0) lowest = 0xA0;
    if (lead == 0xED) highest = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    value = lead & 0x07U;
    if (lead == 0xF0) lowest = 0x90;
    if (lead == 0xF4) highest = 0x8F;
  } else {
    return {.size = 1};
  }

  for (std::size_t index = 1; index < size; ++index) {
    if (index == bytes.size()) return {.size = index};
    const unsigned next = byte_at(bytes, index);
    if (next < lowest || next > highest) return {.size = index};
    value = (value << 6U) | (next & 0x3FU);
    lowest = 0x80;
    highest = 0xBF;
  }
  return {.value = value, .size = size, .is_valid = true};
}

std::size_t plain_text_size(std::string_view bytes) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  return static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_plain) - bytes.begin());
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | (code_point >> 6U));
    put(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0U | (code_point >> 12U));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  } else {
    put(0xF0U | (code_point >> 18U));
    put(0x80U | ((code_point >> 12U) & 0x3FU));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  }
}

bool is_invisible(char32_t code_point) {
  return is_in(kInvisible, code_point);
}

}  // namespace portwatch::base
