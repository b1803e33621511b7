// SPDX-License-Identifier: Apache-2.0
#pragma once

// Says when what cannot be seen has really changed. Processes come and go, and so do those that may not be
// looked into; a table that could not be read once is read at the next look. Neither is news.

#include <vector>

#include "common/model/coverage.h"

namespace portwatch::core {

class CoverageWatch {
 public:
  /// `was_hidden`: an earlier run did not see all that it knew of, so the first look is told in any case.
  explicit CoverageWatch(bool was_hidden = false) : must_tell_(was_hidden) {}

  /// True when what is hidden differs from what was last reported, at two looks in a row (at the first look
  /// of a run: at once). At the start nothing is reported to be hidden.
  [[nodiscard]] bool update(model::Coverage coverage);

  /// Of the last look.
  [[nodiscard]] const model::Coverage& current() const { return current_; }

 private:
  struct Hidden {
    std::vector<model::Table> tables;
    bool has_denied_processes = false;
    bool operator==(const Hidden&) const = default;
  };

  [[nodiscard]] static Hidden hidden_by(const model::Coverage& coverage);

  model::Coverage current_;
  Hidden reported_;
  Hidden previous_;
  bool has_looked_ = false;
  bool must_tell_ = false;
};

}  // namespace portwatch::core
