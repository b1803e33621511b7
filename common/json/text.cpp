// SPDX-License-Identifier: Apache-2.0
// JSON text that comes in is bounded before the parser recurses into it; text that goes out is one line that
// does nothing to a terminal.
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/json/codec.h"

namespace portwatch::json {
namespace {

struct Extent {
  std::size_t deepest = 0;  ///< nesting of arrays and objects
  std::size_t values = 0;   ///< about: what opens, and what is behind a comma
};

/// Whether or not the text is valid JSON.
Extent extent_of(std::string_view text) {
  std::size_t depth = 0;
  Extent extent;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      extent.deepest = std::max(extent.deepest, ++depth);
      ++extent.values;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ',') {
      ++extent.values;
    }
  }
  return extent;
}

/// RFC 8259, 7: beyond the basic plane a pair of surrogates.
void append_escape(std::string& text, char32_t code_point) {
  const auto put = [&text](std::uint32_t unit) {
    fmt::format_to(std::back_inserter(text), "\\u{:04x}", unit);
  };
  auto number = static_cast<std::uint32_t>(code_point);
  if (number < 0x10000) return put(number);
  number -= 0x10000;
  put(0xD800U + (number >> 10U));
  put(0xDC00U + (number & 0x3FFU));
}

}  // namespace

base::Result<Json> parse(std::string_view text, std::size_t max_depth) {
  // The parser takes a NUL for the end, whatever stands behind it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("not valid JSON at byte {}", nul + 1));
  const Extent extent = extent_of(text);
  if (extent.values > kMaxValues)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("JSON has more than {} values", kMaxValues));
  if (extent.deepest > max_depth)
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("JSON is nested deeper than {} levels", max_depth));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("not valid JSON at byte {}", error.byte));
  } catch (const Json::exception&) {
    return base::fail(base::ErrorCode::kCorrupt, "a number in the JSON is out of range");
  }
}

std::string dump(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string line;
  line.reserve(text.size());
  // What is not ASCII stands inside strings, where an escape means the same.
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t plain = base::plain_text_size(rest);
    line += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    const base::CodePoint next = base::first_code_point(rest);
    if (base::is_invisible(next.value))
      append_escape(line, next.value);
    else
      line += rest.substr(0, next.size);
    rest.remove_prefix(next.size);
  }
  return line;
}

}  // namespace portwatch::json
