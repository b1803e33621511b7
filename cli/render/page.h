// SPDX-License-Identifier: Apache-2.0
#pragma once

// A heading and labelled fields below it: what `show`, `status` and `alerts show` look like. Long fields go
// on in the next line, below their beginning.

#include <string>
#include <string_view>

#include "cli/render/line.h"
#include "cli/render/view.h"

namespace portwatch::cli {

class Page {
 public:
  explicit Page(const View& view) : view_(view) {}

  void heading(const Line& line);
  /// A field without a label goes on with the one before it.
  void field(std::string_view label, const Line& value);
  void blank() { text_ += "\n"; }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  View view_;
  std::string text_;
};

}  // namespace portwatch::cli
