// SPDX-License-Identifier: Apache-2.0
// Framing depends on the bytes, never on how they were cut on the way.
#include <gtest/gtest.h>

#include "common/protocol/framer.h"
#include "tests/support/random.h"

namespace portwatch::protocol {
namespace {

constexpr std::size_t kMaxLine = 20;

void drain(LineFramer& framer, std::vector<std::string>& frames) {
  while (const auto frame = framer.next())
    frames.push_back(frame->is_too_long ? "\n" : std::string(frame->line));
}

/// What the framer must give, said plainly: "\n" stands for a line that was too long. An unfinished line that
/// is already too long counts.
std::vector<std::string> expected_frames(std::string_view bytes) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view line = bytes.substr(0, newline);
    if (line.size() > kMaxLine)
      frames.emplace_back("\n");
    else if (!line.empty() && newline != std::string_view::npos)
      frames.emplace_back(line);
    if (newline == std::string_view::npos) break;
    bytes.remove_prefix(newline + 1);
  }
  return frames;
}

TEST(Framing, IsIndependentOfHowTheBytesAreCut) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    std::string bytes;
    for (std::uint64_t left = random.below(30); left > 0; --left)
      bytes += random.chance(30) ? "\n" : std::string(random.below(14), random.chance(50) ? 'x' : '\0');
    LineFramer framer(kMaxLine);
    std::vector<std::string> frames;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view chunk = rest.substr(0, random.between<std::size_t>(1, 25));
      framer.feed(chunk);
      // A reader may take what is there at once, or later.
      if (random.chance(70)) drain(framer, frames);
      rest.remove_prefix(chunk.size());
    }
    drain(framer, frames);
    ASSERT_EQ(frames, expected_frames(bytes));
  }
}

}  // namespace
}  // namespace portwatch::protocol
