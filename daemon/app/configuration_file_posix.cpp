// SPDX-License-Identifier: Apache-2.0
// Reads the configuration's file without trusting what lies in its place: only an ordinary file, and not
// without end.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/error.h"
#include "common/platform/descriptor.h"
#include "common/platform/user_mapping.h"
#include "daemon/app/configuration_toml.h"

namespace portwatch::app {
namespace {

/// Root does not work by what somebody else can write.
base::Status check_writers(const struct stat& status) {
  if (geteuid() != 0) return {};
  if (status.st_uid != 0 && !platform::is_unmapped_user(status.st_uid))
    return base::fail(base::ErrorCode::kPermissionDenied,
                      fmt::format("it belongs to uid {}, and root does not work by a file that others can "
                                  "write; chown root it",
                                  status.st_uid));
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return base::fail(
        base::ErrorCode::kPermissionDenied,
        fmt::format("it can be written by others (mode {:04o}); chmod go-w it", status.st_mode & 07777U));
  return {};
}

base::Result<std::string> read_file(const std::filesystem::path& path) {
  // Not blocking, so that a FIFO in the file's place cannot hold us up; fstat(2) then refuses it.
  const platform::Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file) return base::fail_os("cannot open it", errno);
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return base::fail_os("cannot look at it", errno);
  if (!S_ISREG(status.st_mode))
    return base::fail(base::ErrorCode::kInvalidArgument, "it is not an ordinary file");
  PW_TRY(check_writers(status));
  std::string text(kMaxConfigurationBytes + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::fail_os("cannot read it", errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  if (length > kMaxConfigurationBytes)
    return base::fail(base::ErrorCode::kInvalidArgument,
                      fmt::format("it is longer than {} bytes", kMaxConfigurationBytes));
  text.resize(length);
  return text;
}

}  // namespace

std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& path,
                                                          bool must_exist) {
  const auto text = read_file(path);
  if (text) return parse_configuration(*text, path.native());
  if (text.error().code == base::ErrorCode::kNotFound && !must_exist) return Configuration{};
  return std::unexpected(Problems{fmt::format("{}: {}", path.native(), text.error().message)});
}

}  // namespace portwatch::app
