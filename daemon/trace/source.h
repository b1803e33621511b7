// SPDX-License-Identifier: Apache-2.0
#pragma once

// A trace in a file, record by record. Thread: one.

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "daemon/trace/reader.h"

namespace portwatch::trace {

class Source {
 public:
  /// Opens the file and reads its first line. Errors name the file: kNotFound, kPermissionDenied, kCorrupt
  /// (no trace, or a damaged one), kUnsupported (a newer format).
  [[nodiscard]] static base::Result<std::unique_ptr<Source>> open(const std::filesystem::path& path);

  [[nodiscard]] const Began& began() const { return began_; }

  /// The next record; nothing at the end. Errors name the file and the line, as above. Blocks as files do.
  [[nodiscard]] base::Result<std::optional<Record>> next();

  /// At the end: why there may be more that is not in the file; nothing when the run ended as it should.
  [[nodiscard]] std::optional<std::string> shortfall() const;

 private:
  explicit Source(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] base::Result<std::optional<Record>> read_record();
  [[nodiscard]] base::Result<bool> read_line(std::string& line);

  std::filesystem::path path_;
  std::ifstream file_;
  std::string buffer_;
  std::size_t position_ = 0;  ///< in the buffer
  bool is_cut_off_ = false;
  Reader reader_;
  Began began_;
};

}  // namespace portwatch::trace
