// SPDX-License-Identifier: Apache-2.0
#include "cli/render/page.h"

#include <algorithm>
#include <limits>

namespace portwatch::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kValueColumn = 13;
constexpr std::size_t kLeastValueWidth = 20;

std::size_t width_after(const View& view, std::size_t column) {
  if (!view.columns) return std::numeric_limits<std::size_t>::max();
  return std::max(kLeastValueWidth, *view.columns > column ? *view.columns - column : 0);
}

}  // namespace

void Page::heading(const Line& line) {
  std::size_t indent = 0;
  for (const Line& part : line.wrap(width_after(view_, kIndent))) {
    text_ += Line().pad_to(indent).add(part).render(view_);
    indent = kIndent;
  }
}

void Page::field(std::string_view label, const Line& value) {
  std::string_view shown = label;
  for (const Line& part : value.wrap(width_after(view_, kValueColumn))) {
    Line line;
    line.pad_to(kIndent).add(shown, Style::kFaint).pad_to(kValueColumn).add(part);
    text_ += line.render(view_);
    shown = "";
  }
}

}  // namespace portwatch::cli
