// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/store_opening.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace portwatch::app {
namespace {

namespace fs = std::filesystem;

/// "portwatch.db.damaged-20261121T123311Z", with a number behind it when that is taken.
fs::path free_name(const fs::path& database, base::UtcTime now) {
  std::string stamp;
  for (const char c : base::to_rfc3339(now).substr(0, 19))
    if (c != '-' && c != ':') stamp += c;
  const std::string name = fmt::format("{}.damaged-{}Z", database.string(), stamp);
  std::error_code ignored;
  fs::path candidate = name;
  for (int i = 2; fs::exists(fs::symlink_status(candidate, ignored)); ++i)
    candidate = fmt::format("{}-{}", name, i);
  return candidate;
}

/// The database together with its write-ahead log, without which it may be worth little.
base::Result<fs::path> set_aside(const fs::path& database, base::UtcTime now) {
  const fs::path aside = free_name(database, now);
  constexpr std::array<const char*, 3> kSuffixes{"", "-wal", "-shm"};
  for (const char* suffix : kSuffixes) {
    std::error_code error;
    fs::rename(database.string() + suffix, aside.string() + suffix, error);
    if (error && error != std::errc::no_such_file_or_directory)
      return base::fail_os(
          fmt::format("cannot rename {}{} to {}{}", database.string(), suffix, aside.string(), suffix),
          error.value());
  }
  return aside;
}

}  // namespace

base::Result<OpenedStore> open_store(const fs::path& state_directory,
                                     const std::optional<std::string>& machine_hash, base::UtcTime now,
                                     const std::string& known_damage,
                                     std::shared_ptr<std::atomic<std::uint64_t>> progress) {
  store::Options options;
  options.path = state_directory / kDatabaseName;
  options.machine_hash = machine_hash;
  options.progress = std::move(progress);
  base::Result<store::Opened> opened = base::fail(base::ErrorCode::kCorrupt, known_damage);
  if (known_damage.empty()) opened = store::open(options);
  if (opened) return OpenedStore{std::move(*opened), options, std::nullopt, ""};
  if (opened.error().code != base::ErrorCode::kCorrupt) return std::unexpected(opened.error());

  const std::string damage = opened.error().message;
  auto aside = set_aside(options.path, now);
  if (!aside)
    return base::fail(base::ErrorCode::kCorrupt,
                      fmt::format("{}; it cannot be set aside: {}", damage, aside.error().message));
  opened = store::open(options);
  if (!opened) return std::unexpected(opened.error());
  return OpenedStore{std::move(*opened), options, std::move(*aside), damage};
}

}  // namespace portwatch::app
