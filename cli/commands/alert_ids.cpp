// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/alert_ids.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::cli {

base::Result<std::vector<base::AlertId>> alert_ids(const Arguments& arguments) {
  std::vector<base::AlertId> ids;
  for (const std::string& text : arguments.values("ID")) {
    const std::string_view digits = std::string_view(text).substr(text.starts_with('#') ? 1 : 0);
    const auto number = base::parse_u64(digits);
    if (!number || *number == 0 ||
        *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return base::fail(
          base::ErrorCode::kInvalidArgument,
          fmt::format("'{}' is not the number of an alert; portwatchctl alerts lists them", text));
    const base::AlertId id{static_cast<std::int64_t>(*number)};
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

Line no_such_alert(base::AlertId id) {
  return Line(
      fmt::format("There is no alert #{}. Which there are: portwatchctl alerts list --all", id.value));
}

}  // namespace portwatch::cli
