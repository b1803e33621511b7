// SPDX-License-Identifier: Apache-2.0
#pragma once

// Compares text with a file in tests/golden/cases. Run with PORTWATCH_REFRESH_GOLDEN=1 to write the files
// anew, and read the difference before committing it.

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace portwatch::test {

/// `name`: of the file, without folder and ".txt".
[[nodiscard]] testing::AssertionResult matches_golden(std::string_view name, const std::string& text);

}  // namespace portwatch::test
