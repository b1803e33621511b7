// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text of other processes is bytes, JSON is UTF-8, and a trace must give back what was there: a byte that is
// no UTF-8 is written as a private character of its own, U+10FE80 to U+10FEFF, and such characters that were
// there themselves byte by byte.

#include <optional>
#include <string>
#include <string_view>

namespace portwatch::trace {

/// Valid UTF-8; what is valid already, and has no such character, stays as it is.
[[nodiscard]] std::string text_of_bytes(std::string_view bytes);

/// The bytes of which text_of_bytes() makes this text; of any other text the bytes that it stands for.
[[nodiscard]] std::string bytes_of_text(std::string_view text);

}  // namespace portwatch::trace
