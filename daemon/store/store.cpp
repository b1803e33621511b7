// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/store.h"

#include <fmt/format.h>

#include "daemon/store/database.h"
#include "daemon/store/database_file.h"
#include "daemon/store/event_reader.h"
#include "daemon/store/event_writer.h"
#include "daemon/store/migrations.h"
#include "daemon/store/restore.h"

namespace portwatch::store {
namespace {

/// Refuses what is not ours, or what a newer portwatch wrote.
base::Status check_ours(const std::filesystem::path& path, FileHeader header) {
  if (header.application_id != kApplicationId)
    return base::fail(
        base::ErrorCode::kConflict,
        fmt::format("{} belongs to another program; move it away, or choose another state folder",
                    path.string()));
  if (header.schema_version > current_schema())
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} was written by a newer portwatch (schema {}, this one knows up to {}); "
                                  "install that version, or move the file away to start a new history",
                                  path.string(), header.schema_version, current_schema()));
  return {};
}

/// Before any connection of ours sees the file. Gives whether there is something in it.
base::Result<bool> check_file(const std::filesystem::path& path) {
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  if (!*header) return false;
  PW_TRY(check_ours(path, **header));
  return true;
}

/// Once more with what SQLite says: it knows of a log that has not reached the file yet.
base::Status check_database(Database& database, const std::filesystem::path& path) {
  const auto application = database.integer("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  return check_ours(path, {.application_id = static_cast<std::uint32_t>(*application),
                           .schema_version = static_cast<std::uint32_t>(*version)});
}

/// A file of ours has content before it has a log; one that is empty and has a log was cut off, and SQLite
/// would put it together from what the log still knows.
base::Status check_log(const std::filesystem::path& path, bool has_content) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path.string() + "-wal", error);
  if (has_content || error || size == 0) return {};
  return base::fail(base::ErrorCode::kCorrupt,
                    fmt::format("{} is empty, but its log {}-wal is not", path.string(), path.string()));
}

base::Result<Opened> open_writer(const Options& options, const std::filesystem::path& path) {
  PW_TRY(create_file(path));
  const auto has_content = check_file(path);
  if (!has_content) return std::unexpected(has_content.error());
  PW_TRY(check_log(path, *has_content));
  PW_TRY(restrict_file(path));
  auto database = Database::open(path, Access::kReadWrite, options.busy_timeout);
  if (!database) return std::unexpected(std::move(database).error());
  // Also a file whose first write was interrupted: SQLite has taken that back by now.
  const auto pages = database->integer("PRAGMA page_count");
  if (!pages) return std::unexpected(pages.error());
  if (*pages == 0) PW_TRY(database->initialize());
  PW_TRY(check_database(*database, path));
  PW_TRY(database->configure(Access::kReadWrite));
  PW_TRY(migrate(*database, migrations()));
  PW_TRY(settle_identity(*database, options.machine_hash));
  auto state = restore(*database);
  if (!state) return std::unexpected(std::move(state).error());
  database->allow_checkpoint_on_close();
  return Opened{.writer = std::make_unique<SqliteEventWriter>(*std::move(database), options.progress),
                .state = *std::move(state)};
}

base::Result<std::unique_ptr<interface::EventReader>> open_for_reading(const Options& options,
                                                                       const std::filesystem::path& path) {
  // The writer's connection may be open, so SQLite alone opens the file.
  PW_TRY(check_place(path));
  auto database = Database::open(path, Access::kReadOnly, options.busy_timeout);
  if (!database) return std::unexpected(std::move(database).error());
  const auto pages = database->integer("PRAGMA page_count");
  if (!pages) return std::unexpected(pages.error());
  if (*pages == 0) return base::fail(base::ErrorCode::kNotFound, fmt::format("{} is empty", path.string()));
  PW_TRY(check_database(*database, path));
  PW_TRY(database->configure(Access::kReadOnly));
  return std::make_unique<SqliteEventReader>(*std::move(database));
}

/// Says which file it is about.
base::Error name_file(const std::filesystem::path& path, base::Error error) {
  if (error.message.find(path.string()) == std::string::npos)
    error.message = fmt::format("the database {}: {}", path.string(), error.message);
  return error;
}

}  // namespace

base::Result<Opened> open(const Options& options) {
  const auto path = resolve_folder(options.path);
  if (!path) return std::unexpected(path.error());
  auto opened = open_writer(options, *path);
  if (!opened) return std::unexpected(name_file(*path, std::move(opened).error()));
  return opened;
}

base::Result<std::unique_ptr<interface::EventReader>> open_reader(const Options& options) {
  const auto path = resolve_folder(options.path);
  if (!path) return std::unexpected(path.error());
  auto reader = open_for_reading(options, *path);
  if (!reader) return std::unexpected(name_file(*path, std::move(reader).error()));
  return reader;
}

}  // namespace portwatch::store
