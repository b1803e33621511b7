// SPDX-License-Identifier: Apache-2.0
// POSIX: open(2) with O_EXCL takes neither what is there nor a symbolic link.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/platform/descriptor.h"
#include "daemon/app/trace_file.h"

namespace portwatch::app {
namespace {

class PosixTraceFile final : public TraceFile {
 public:
  explicit PosixTraceFile(platform::Descriptor file) : file_(std::move(file)) {}

  base::Status append(std::string_view text) override {
    while (!text.empty()) {
      const ssize_t count = write(file_.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return base::fail_os("cannot write", errno);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  platform::Descriptor file_;
};

}  // namespace

base::Result<std::unique_ptr<TraceFile>> TraceFile::create(const std::filesystem::path& path) {
  platform::Descriptor file{
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!file && errno == EEXIST)
    return base::fail(
        base::ErrorCode::kConflict,
        fmt::format("cannot record to {}: it is there already; give a new name", path.native()));
  if (!file) return base::fail_os(fmt::format("cannot record to {}", path.native()), errno);
  return std::make_unique<PosixTraceFile>(std::move(file));
}

}  // namespace portwatch::app
