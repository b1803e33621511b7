// SPDX-License-Identifier: Apache-2.0
// The inputs that are kept in corpus/, each through its target: once found, for ever held.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

std::vector<std::filesystem::path> files_of(std::string_view target) {
  std::vector<std::filesystem::path> files;
  const auto folder = std::filesystem::path(PORTWATCH_CORPUS_DIR) / target;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// A block of exactly the input's size, so that the sanitizer sees one byte too far.
void run(const Target& target, const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  ASSERT_TRUE(stream) << file;
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto input = std::make_unique_for_overwrite<char[]>(text.size());
  std::ranges::copy(text, input.get());
  target.run({input.get(), text.size()});
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsHeld) {
  const auto files = files_of(GetParam().name);
  ASSERT_FALSE(files.empty()) << "no inputs of " << GetParam().name << " in " << PORTWATCH_CORPUS_DIR;
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    RecordProperty("last", file.filename().string());
    run(GetParam(), file);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace portwatch::fuzz
