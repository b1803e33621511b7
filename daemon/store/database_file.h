// SPDX-License-Identifier: Apache-2.0
#pragma once

// The database file before SQLite sees it: made with the right mode from the first moment, never through a
// symbolic link, and looked at without being changed.
//
// Nothing here that opens the file may be called while this process has a connection to it: close(2) lets go
// of all locks that the process has on the file (fcntl(2)), SQLite's too. Another program that opens and
// closes the database would then take itself for its last user, and delete the log that we write to.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/base/error.h"

namespace portwatch::store {

/// The header fields by which a file says whose it is (https://www.sqlite.org/fileformat.html, section 1.3).
struct FileHeader {
  std::uint32_t application_id = 0;
  std::uint32_t schema_version = 0;  ///< PRAGMA user_version

  bool operator==(const FileHeader&) const = default;
};

/// The path with its folder resolved, so that a symbolic link can only be the file itself.
/// Errors: kNotFound (no such folder), kPermissionDenied.
[[nodiscard]] base::Result<std::filesystem::path> resolve_folder(const std::filesystem::path& path);

/// Whether what lies there, if anything, is a regular file of ours and no link. Nothing is opened.
/// Errors: kPermissionDenied.
[[nodiscard]] base::Status check_place(const std::filesystem::path& path);

/// Makes the file, empty and with mode 0600, if it is not there. An existing one loses what others may do
/// with it only by restrict_file(). Errors: kPermissionDenied (also: it or one of its companions is a
/// symbolic link, or is no regular file).
[[nodiscard]] base::Status create_file(const std::filesystem::path& path);

/// What the file says it is; nothing for an empty one. The file is only read.
/// Errors: kCorrupt (it is no SQLite database), kNotFound, kPermissionDenied.
[[nodiscard]] base::Result<std::optional<FileHeader>> read_header(const std::filesystem::path& path);

/// Takes away from an existing file what others may do with it: mode 0600.
[[nodiscard]] base::Status restrict_file(const std::filesystem::path& path);

}  // namespace portwatch::store
