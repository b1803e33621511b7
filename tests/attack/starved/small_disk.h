// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small disk of the test's own, in a mount namespace of its own: what it fills and what it mounts read-only
// is seen by this process and those that it starts alone.

#include <cstddef>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace portwatch::test {

class SmallDisk {
 public:
  /// A tmpfs of so many bytes. The first one takes this process into mounts of its own, so it must be made
  /// before there are threads. Aborts when that is not allowed.
  explicit SmallDisk(std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  /// Takes all space that is left.
  void fill();
  /// Gives back what fill() took.
  void free();
  void set_read_only(bool is_read_only) const;

 private:
  TempDir folder_;
};

}  // namespace portwatch::test
