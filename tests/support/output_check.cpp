// SPDX-License-Identifier: Apache-2.0
// UTF-8 by the table of RFC 3629, section 4.

#include "tests/support/output_check.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

namespace portwatch::test {
namespace {

struct Step {
  std::uint32_t value = 0;
  std::size_t size = 0;  ///< 0: not UTF-8
};

Step decode(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  Step step;
  if ((lead & 0xE0U) == 0xC0U && tail(1)) step = {(lead & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
  if ((lead & 0xF0U) == 0xE0U && tail(1) && tail(2))
    step = {(lead & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
  if ((lead & 0xF8U) == 0xF0U && tail(1) && tail(2) && tail(3))
    step = {(lead & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU),
            4};
  const bool is_overlong = (step.size == 2 && step.value < 0x80) || (step.size == 3 && step.value < 0x800) ||
                           (step.size == 4 && step.value < 0x10000);
  const bool is_surrogate = step.value >= 0xD800 && step.value <= 0xDFFF;
  if (is_overlong || is_surrogate || step.value > 0x10FFFF) return {};
  return step;
}

bool is_within(std::uint32_t value, std::uint32_t first, std::uint32_t last) {
  return value >= first && value <= last;
}

bool is_control(std::uint32_t value) {
  return value < 0x20 || is_within(value, 0x7F, 0x9F);
}
/// Reorders what stands around it, or ends a line.
bool is_direction(std::uint32_t value) {
  return value == 0x61C || is_within(value, 0x200E, 0x200F) || is_within(value, 0x2028, 0x202E) ||
         is_within(value, 0x2066, 0x2069);
}
bool is_nothing(std::uint32_t value) {
  return value == 0xAD || value == 0x34F || value == 0x3164 || is_within(value, 0x115F, 0x1160) ||
         is_within(value, 0x180B, 0x180F) || is_within(value, 0x200B, 0x200D) ||
         is_within(value, 0x2060, 0x2065) || is_within(value, 0xFE00, 0xFE0F) || value == 0xFEFF ||
         is_within(value, 0xFFF9, 0xFFFB) || is_within(value, 0xE0000, 0xE0FFF);
}
bool is_odd_blank(std::uint32_t value) {
  return value == 0xA0 || value == 0x1680 || is_within(value, 0x2000, 0x200A) || value == 0x202F ||
         value == 0x205F || value == 0x2800 || value == 0x3000;
}
bool is_mark(std::uint32_t value) {
  return is_within(value, 0x300, 0x36F) || is_within(value, 0x483, 0x489) ||
         is_within(value, 0x1AB0, 0x1AFF) || is_within(value, 0x1DC0, 0x1DFF) ||
         is_within(value, 0x20D0, 0x20FF) || is_within(value, 0xFE20, 0xFE2F);
}

std::string fault(std::string_view text, bool is_json) {
  std::size_t marks = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Step step = decode(text.substr(at));
    const auto say = [&](std::string_view what) {
      const std::size_t from = at < 40 ? 0 : at - 40;
      std::string around;
      for (const char c : text.substr(from, 80)) {
        const auto byte = static_cast<unsigned char>(c);
        around += byte >= 0x20 && byte < 0x7F ? std::string(1, c) : fmt::format("<{:02x}>", byte);
      }
      return fmt::format("byte {}: {} (U+{:04X}) in: {}", at, what, step.value, around);
    };
    if (step.size == 0) return say("not UTF-8");
    if (is_control(step.value) && step.value != '\n') return say("a control");
    if (is_direction(step.value)) return say("changes directions or lines");
    if (is_nothing(step.value)) return say("shows nothing");
    marks = is_mark(step.value) ? marks + 1 : 0;
    if (!is_json && is_odd_blank(step.value)) return say("a blank that is not the space");
    if (!is_json && marks > 4) return say("too many marks on one letter");
    at += step.size;
  }
  return {};
}

}  // namespace

std::string fault_in_text(std::string_view text) {
  return fault(text, false);
}

std::string fault_in_json(std::string_view lines) {
  if (std::string found = fault(lines, true); !found.empty()) return found;
  std::size_t number = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (line.size() == lines.size()) return "the last line has no end";
    lines.remove_prefix(line.size() + 1);
    ++number;
    if (!nlohmann::json::accept(line)) return fmt::format("line {} is not JSON", number);
  }
  return number == 0 ? "there is nothing" : "";
}

}  // namespace portwatch::test
