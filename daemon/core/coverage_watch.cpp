// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/coverage_watch.h"

#include <algorithm>
#include <utility>

namespace portwatch::core {

CoverageWatch::Hidden CoverageWatch::hidden_by(const model::Coverage& coverage) {
  Hidden hidden;
  for (const model::Hole& hole : coverage.holes) hidden.tables.push_back(hole.table);
  std::ranges::sort(hidden.tables);
  hidden.has_denied_processes = coverage.denied_processes > 0;
  return hidden;
}

bool CoverageWatch::update(model::Coverage coverage) {
  current_ = std::move(coverage);
  Hidden hidden = hidden_by(current_);
  const bool is_settled = !has_looked_ || hidden == previous_;
  const bool is_news = is_settled && (must_tell_ || hidden != reported_);
  must_tell_ = false;
  has_looked_ = true;
  if (is_news) reported_ = hidden;
  previous_ = std::move(hidden);
  return is_news;
}

}  // namespace portwatch::core
