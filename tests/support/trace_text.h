// SPDX-License-Identifier: Apache-2.0
#pragma once

// Records as the text of a trace, and back.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "daemon/trace/reader.h"
#include "daemon/trace/writer.h"

namespace portwatch::test {

inline std::string trace_of(const std::vector<trace::Record>& records) {
  trace::Writer writer;
  std::string text;
  for (const trace::Record& record : records) EXPECT_TRUE(writer.write(record, text));
  return text;
}

/// The whole text, whose last line has its newline, or the first error.
inline base::Result<std::vector<trace::Record>> records_of(std::string_view text) {
  trace::Reader reader;
  std::vector<trace::Record> records;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    auto record = reader.read(text.substr(0, end));
    if (!record) return std::unexpected(std::move(record).error());
    if (*record) records.push_back(**std::move(record));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return records;
}

}  // namespace portwatch::test
