// SPDX-License-Identifier: Apache-2.0
#pragma once

// Aligned columns that never get wider than the screen: first they move together, then those that may shrink
// do, then lines are cut.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/line.h"
#include "cli/render/view.h"

namespace portwatch::cli {

struct Column {
  std::string_view header;
  bool is_right_aligned = false;
  /// How far it may shrink; 0: it does not. Those that may shrink towards this in proportion.
  std::size_t min_width = 0;
  bool keeps_port = false;  ///< it is an address: Line::cut_place()
  /// The last column: takes what is left of the line, or a line of its own where that is little.
  bool is_remark = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell for each column; missing ones are blank.
  void add_row(std::vector<Line> cells) { rows_.push_back({std::move(cells), false}); }
  /// A row whose last cell runs over the columns that follow, and makes none of them wider.
  void add_spanning_row(std::vector<Line> cells) { rows_.push_back({std::move(cells), true}); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// With a line of headers (unless all are blank). No line has spaces at its end.
  [[nodiscard]] std::string render(const View& view) const;

 private:
  struct Row {
    std::vector<Line> cells;
    bool is_spanning = false;
  };
  struct Layout {
    std::vector<std::size_t> widths;
    std::size_t gap = 2;
  };

  [[nodiscard]] Layout lay_out(const View& view) const;
  [[nodiscard]] std::string render_row(const View& view, const Layout& layout, const Row& row) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace portwatch::cli
