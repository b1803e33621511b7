// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/login_sessions.h"

#include <algorithm>

#include "common/base/text.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kLongestId = 64;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What is between the two; empty when one is missing.
std::string_view inside(std::string_view text, std::string_view prefix, std::string_view suffix) {
  if (text.size() <= prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix))
    return {};
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

}  // namespace

/// A user may make groups of any name, but only below user@UID.service, which is no scope.
std::optional<std::string> login_session_of(std::string_view cgroup_path) {
  const auto parts = base::split(cgroup_path, '/');
  constexpr std::size_t kUsers = 1, kUser = 2, kSession = 3;
  if (parts.size() <= kSession || !parts.front().empty() || parts[kUsers] != "user.slice")
    return std::nullopt;
  if (inside(parts[kUser], "user-", ".slice").empty()) return std::nullopt;
  const std::string_view id = inside(parts[kSession], "session-", ".scope");
  if (id.empty() || id.size() > kLongestId || !std::ranges::all_of(id, is_plain)) return std::nullopt;
  return std::string(id);
}

std::optional<std::string> login_session_of(std::optional<std::string> of_cgroup,
                                            std::optional<std::uint32_t> audit_session) {
  if (of_cgroup || !audit_session) return of_cgroup;
  return std::to_string(*audit_session);
}

}  // namespace portwatch::sensor
