// SPDX-License-Identifier: Apache-2.0
#include "cli/render/table.h"

#include <algorithm>
#include <numeric>

#include "common/base/text.h"

namespace portwatch::cli {
namespace {

constexpr std::size_t kGap = 2;

std::string render_row(const View& view, const std::vector<Column>& columns,
                       const std::vector<std::size_t>& widths, const std::vector<Line>& cells,
                       bool is_spanning) {
  Line line;
  std::size_t start = 0;
  for (std::size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    const bool is_open_ended = is_spanning && i + 1 == cells.size();
    const Line cell = is_open_ended ? cells[i] : cells[i].cut(widths[i]);
    if (!cell.empty() && is_open_ended) {
      line.pad_to(start).add(cell);
    } else if (!cell.empty()) {
      line.pad_to(start + (columns[i].is_right_aligned ? widths[i] - cell.width() : 0));
      line.add(cell);
    }
    start += widths[i] + kGap;
  }
  return line.render(view);
}

}  // namespace

std::vector<std::size_t> Table::widths(const View& view) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(base::display_width(column.header));
  for (const Row& row : rows_) {
    const std::size_t measured = row.cells.size() - (row.is_spanning && !row.cells.empty() ? 1 : 0);
    for (std::size_t i = 0; i < widths.size() && i < measured; ++i)
      widths[i] = std::max(widths[i], row.cells[i].width());
  }
  if (!view.columns) return widths;

  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (total > *view.columns) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool may_shrink = columns_[i].min_width > 0 && widths[i] > columns_[i].min_width;
      if (may_shrink && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
    --total;
  }
  return widths;
}

std::string Table::render(const View& view) const {
  const auto column_widths = widths(view);
  std::string text;
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.header.empty(); })) {
    std::vector<Line> headers;
    for (const Column& column : columns_) headers.emplace_back(column.header, Style::kFaint);
    text += render_row(view, columns_, column_widths, headers, false);
  }
  for (const Row& row : rows_) text += render_row(view, columns_, column_widths, row.cells, row.is_spanning);
  return text;
}

}  // namespace portwatch::cli
