// SPDX-License-Identifier: Apache-2.0
#include "common/protocol/cursor.h"

#include <utility>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::protocol {

std::string Cursor::to_string() const {
  return fmt::format("{}.{}", epoch, seq.value);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  constexpr std::size_t kEpochDigits = 16;
  const std::string_view epoch = text.substr(0, text.find('.'));
  if (epoch.size() != kEpochDigits || epoch.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  if (epoch.size() == text.size()) return std::nullopt;
  const auto seq = base::parse_u64(text.substr(kEpochDigits + 1));
  if (!seq || !std::in_range<std::int64_t>(*seq)) return std::nullopt;
  return Cursor{.epoch = std::string(epoch), .seq = {static_cast<std::int64_t>(*seq)}};
}

}  // namespace portwatch::protocol
