// SPDX-License-Identifier: Apache-2.0
// Bytes cut anywhere give the lines that they give when they come whole.
#include <algorithm>
#include <string>
#include <vector>

#include "common/protocol/framer.h"
#include "tests/fuzz/target.h"

namespace portwatch::fuzz {
namespace {

/// "\n" stands for a line that was too long.
using Lines = std::vector<std::string>;

void drain(protocol::LineFramer& framer, Lines& lines) {
  while (const auto frame = framer.next()) {
    PW_ASSERT(frame->is_too_long == frame->line.empty());
    lines.push_back(frame->is_too_long ? "\n" : std::string(frame->line));
  }
}

/// The law, said plainly.
Lines expected(std::string_view bytes, std::size_t max_line) {
  Lines lines;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    const bool is_whole = newline != std::string_view::npos;
    if (line.size() > max_line)
      lines.emplace_back("\n");
    else if (is_whole && !line.empty())
      lines.emplace_back(line);
    rest.remove_prefix(is_whole ? newline + 1 : rest.size());
  }
  return lines;
}

}  // namespace

/// The first byte is the longest line; the second says how many bytes in front of the rest say where to cut
/// it.
void framing(std::string_view input) {
  const std::size_t max_line = take_byte(input);
  const std::size_t cut_count = take_byte(input) % 32;
  const std::string_view cuts = input.substr(0, cut_count);
  const std::string_view bytes = input.substr(cuts.size());

  protocol::LineFramer framer(max_line);
  Lines lines;
  std::size_t turn = 0;
  for (std::string_view rest = bytes; !rest.empty(); ++turn) {
    // The upper bit of a cut: the lines so far are not taken yet.
    const auto cut = cuts.empty() ? 0x7FU : static_cast<unsigned char>(cuts[turn % cuts.size()]);
    const std::string_view chunk = rest.substr(0, (cut & 0x7FU) + 1);
    framer.feed(chunk);
    if ((cut & 0x80U) == 0) drain(framer, lines);
    rest.remove_prefix(chunk.size());
  }
  drain(framer, lines);
  PW_ASSERT(lines == expected(bytes, max_line));
}

}  // namespace portwatch::fuzz
