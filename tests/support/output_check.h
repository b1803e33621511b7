// SPDX-License-Identifier: Apache-2.0
#pragma once

// What may leave our programs, checked by the bytes and without any code of theirs.

#include <string>
#include <string_view>

namespace portwatch::test {

/// The first thing in text for people that could act on a terminal, hide or pass for something else: bytes
/// that are not UTF-8, a control but newline, what reorders or shows nothing, a blank that is not the space,
/// or more than four marks on one letter. Empty when there is none.
[[nodiscard]] std::string fault_in_text(std::string_view text);

/// The same for JSON, a value a line; and that each line is one. Marks and blanks are data there.
[[nodiscard]] std::string fault_in_json(std::string_view lines);

}  // namespace portwatch::test
