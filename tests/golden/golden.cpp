// SPDX-License-Identifier: Apache-2.0
// Reading and refreshing golden files.
#include "tests/golden/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace portwatch::test {

testing::AssertionResult matches_golden(std::string_view name, const std::string& text) {
  const auto path = std::filesystem::path(PORTWATCH_GOLDEN_DIR) / (std::string(name) + ".txt");
  if (std::getenv("PORTWATCH_REFRESH_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return testing::AssertionSuccess();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return testing::AssertionFailure() << path << " is not there; PORTWATCH_REFRESH_GOLDEN=1 writes it";
  const std::string expected(std::istreambuf_iterator<char>(file), {});
  if (expected == text) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "differs from " << path << "\n--- expected\n"
                                     << expected << "--- got\n"
                                     << text << "---";
}

}  // namespace portwatch::test
