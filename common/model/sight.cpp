// SPDX-License-Identifier: Apache-2.0
#include "common/model/sight.h"

#include <algorithm>

namespace portwatch::model {
namespace {

bool is_listed(const Coverage& coverage, const Table& table) {
  return std::ranges::binary_search(coverage.tables, table);
}

bool is_hole(const Coverage& coverage, const Table& table) {
  return std::ranges::find(coverage.holes, table, &Hole::table) != coverage.holes.end();
}

}  // namespace

Table table_of(const SocketRecord& socket) {
  return {socket.netns, socket.endpoint.protocol, socket.endpoint.address.family()};
}

Table table_of_all(const Table& table) {
  return {base::Netns{}, table.protocol, table.family};
}

bool is_whole(const Coverage& coverage, const Table& table) {
  return is_listed(coverage, table) ||
         (is_listed(coverage, table_of_all(table)) && !is_hole(coverage, table));
}

bool is_watched(const Coverage& coverage, const Table& table) {
  return is_listed(coverage, table) || is_listed(coverage, table_of_all(table)) || is_hole(coverage, table);
}

std::optional<base::UtcTime> unwatched_since(const Coverage& coverage, const Table& table,
                                             base::UtcTime opened, std::optional<base::UtcTime> before,
                                             base::UtcTime last_watched) {
  if (is_whole(coverage, table)) return std::nullopt;
  if (before || is_watched(coverage, table)) return before;
  return std::max(opened, last_watched);
}

}  // namespace portwatch::model
