// SPDX-License-Identifier: Apache-2.0
#include "cli/render/table.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "common/base/text.h"

namespace portwatch::cli {
namespace {

constexpr std::size_t kNarrowGap = 1;
/// A remark that has to be cut to less than this gets a line of its own.
constexpr std::size_t kLeastRemark = 40;

bool has_room(const View& view, std::size_t start, const Line& remark) {
  const std::size_t needed = std::min(remark.width(), kLeastRemark);
  return !view.columns || start + needed <= *view.columns;
}

}  // namespace

Table::Layout Table::lay_out(const View& view) const {
  Layout layout;
  for (const Column& column : columns_) layout.widths.push_back(base::display_width(column.header));
  for (const Row& row : rows_) {
    const std::size_t measured = row.cells.size() - (row.is_spanning && !row.cells.empty() ? 1 : 0);
    for (std::size_t i = 0; i < columns_.size() && i < measured; ++i)
      if (!columns_[i].is_remark) layout.widths[i] = std::max(layout.widths[i], row.cells[i].width());
  }
  if (!view.columns) return layout;

  const std::size_t aligned =
      static_cast<std::size_t>(std::ranges::count(columns_, false, &Column::is_remark));
  const auto total = [&] {
    return std::accumulate(layout.widths.begin(), layout.widths.end(),
                           layout.gap * (std::max<std::size_t>(aligned, 1) - 1));
  };
  if (total() > *view.columns) layout.gap = kNarrowGap;
  while (total() > *view.columns) {
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t least = columns_[i].min_width;
      if (least == 0 || layout.widths[i] <= least) continue;
      if (!widest || layout.widths[i] * columns_[*widest].min_width > layout.widths[*widest] * least)
        widest = i;
    }
    if (!widest) break;
    --layout.widths[*widest];
  }
  return layout;
}

std::string Table::render_row(const View& view, const Layout& layout, const Row& row) const {
  Line line;
  std::size_t start = 0;
  for (std::size_t i = 0; i < columns_.size() && i < row.cells.size(); ++i) {
    const Column& column = columns_[i];
    const std::size_t width = layout.widths[i];
    if (column.is_remark && !row.cells[i].empty() && !has_room(view, start, row.cells[i]))
      return line.render(view) +
             Line().pad_to(layout.widths.front() + layout.gap).add(row.cells[i]).render(view);
    if (column.is_remark || (row.is_spanning && i + 1 == row.cells.size())) {
      if (!row.cells[i].empty()) line.pad_to(start).add(row.cells[i]);
    } else if (!row.cells[i].empty()) {
      const Line cell = column.keeps_port ? row.cells[i].cut_place(width) : row.cells[i].cut(width);
      line.pad_to(start + (column.is_right_aligned ? width - cell.width() : 0)).add(cell);
    }
    start += width + layout.gap;
  }
  return line.render(view);
}

std::string Table::render(const View& view) const {
  const Layout layout = lay_out(view);
  std::string text;
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.header.empty(); })) {
    Row headers;
    for (const Column& column : columns_) headers.cells.emplace_back(column.header, Style::kFaint);
    text += render_row(view, layout, headers);
  }
  for (const Row& row : rows_) text += render_row(view, layout, row);
  return text;
}

}  // namespace portwatch::cli
