// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a folder's entries by getdents64(2): with their inodes and positions, and without an allocation for
// each.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace portwatch::sensor {

class DirectoryReader {
 public:
  struct Entry {
    const char* name;  ///< ends with NUL; valid until the next call of next()
    std::uint64_t inode;
    std::int64_t position;  ///< where the entry behind this one starts: give it to seek()
  };

  /// Borrows both. The buffer should hold some entries: 4 KiB and more.
  DirectoryReader(int folder, std::span<std::byte> buffer) : folder_(folder), buffer_(buffer) {}

  /// Goes on from an Entry::position of an earlier reader of the same folder; 0 is the beginning.
  void seek(std::int64_t position);

  /// The next entry, "." and ".." left out; nothing at the end, and after an error.
  [[nodiscard]] std::optional<Entry> next();

  /// Why next() ended early; 0: it did not.
  [[nodiscard]] int os_errno() const { return os_errno_; }

 private:
  int folder_;
  std::span<std::byte> buffer_;
  std::size_t filled_ = 0;
  std::size_t offset_ = 0;
  int os_errno_ = 0;
};

}  // namespace portwatch::sensor
