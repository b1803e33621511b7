// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small reads from procfs: open, read, readlink, relative to a folder and bounded. procfs answers from
// memory; ENOENT and ESRCH say that a process is gone, EACCES and EPERM that we may not look (proc(5),
// ptrace(2)).

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "common/base/strong_type.h"
#include "common/platform/descriptor.h"

namespace portwatch::sensor {

/// A value, or the errno of the call that failed. It stays inside the sensor: what leaves it has a message.
template <class T>
using OsResult = std::expected<T, int>;

/// Opens for reading, close-on-exec.
[[nodiscard]] OsResult<platform::Descriptor> open_file(int folder, const char* path);
[[nodiscard]] OsResult<platform::Descriptor> open_folder(int folder, const char* path);

/// At most `buffer.size()` bytes from the beginning of one of the small files of /proc/PID; the view is into
/// `buffer`.
[[nodiscard]] OsResult<std::string_view> read_file(int folder, const char* path, std::span<char> buffer);

/// All of a file up to `limit` bytes. A file that is longer gives EFBIG.
[[nodiscard]] OsResult<std::string> read_whole_file(int folder, const char* path, std::size_t limit);

/// All of a regular file up to `limit` bytes that belongs to `owner` and that nobody else can write: anything
/// else gives EPERM, also a link in its place. Never waits for who may be behind it.
[[nodiscard]] OsResult<std::string> read_file_of(base::Uid owner, const std::string& path, std::size_t limit);

/// What a symbolic link says, without following it; the view is into `buffer`. A target that does not fit
/// gives ENAMETOOLONG.
[[nodiscard]] OsResult<std::string_view> read_link(int folder, const char* path, std::span<char> buffer);

/// "the process is no longer there".
[[nodiscard]] bool means_gone(int os_errno);
/// "we may not look".
[[nodiscard]] bool means_denied(int os_errno);
/// Neither: we are out of descriptors or memory ourselves, and nothing is known of the process.
[[nodiscard]] bool means_our_own_failure(int os_errno);

}  // namespace portwatch::sensor
