// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder of the test's own, mode 0700, removed with all that is in it.

#include <filesystem>
#include <random>
#include <string>
#include <system_error>

#include "common/base/assert.h"

namespace portwatch::test {

class TempDir {
 public:
  TempDir() {
    std::random_device random;
    do {
      path_ = std::filesystem::temp_directory_path() / ("portwatch-test-" + std::to_string(random()));
    } while (!std::filesystem::create_directory(path_));
    std::error_code error;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, error);
    PW_ASSERT(!error);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace portwatch::test
