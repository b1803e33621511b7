// SPDX-License-Identifier: Apache-2.0
#include "daemon/trace/byte_text.h"

#include "common/base/utf8.h"

namespace portwatch::trace {
namespace {

constexpr char32_t kFirst = 0x10FE80;
constexpr char32_t kLast = 0x10FEFF;
constexpr char32_t kFirstByte = 0x80;

bool stands_for_a_byte(char32_t code_point) {
  return kFirst <= code_point && code_point <= kLast;
}

}  // namespace

std::string text_of_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t plain = base::plain_text_size(bytes);
    text += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const base::CodePoint next = base::first_code_point(bytes);
    const std::string_view taken = bytes.substr(0, next.size);
    if (next.is_valid && !stands_for_a_byte(next.value))
      text += taken;
    else
      for (const char byte : taken)
        base::append_utf8(text, kFirst + (static_cast<unsigned char>(byte) - kFirstByte));
    bytes.remove_prefix(next.size);
  }
  return text;
}

std::string bytes_of_text(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = base::plain_text_size(text);
    bytes += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const base::CodePoint next = base::first_code_point(text);
    if (next.is_valid && stands_for_a_byte(next.value))
      bytes += static_cast<char>(static_cast<unsigned char>(next.value - kFirst + kFirstByte));
    else
      bytes += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return bytes;
}

}  // namespace portwatch::trace
