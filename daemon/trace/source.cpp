// SPDX-License-Identifier: Apache-2.0
#include "daemon/trace/source.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "daemon/trace/limits.h"

namespace portwatch::trace {
namespace {

constexpr std::size_t kPortion = std::size_t{64} << 10U;

}  // namespace

base::Result<std::unique_ptr<Source>> Source::open(const std::filesystem::path& path) {
  std::unique_ptr<Source> source(new Source(path));
  errno = 0;
  source->file_.open(path, std::ios::binary);
  if (!source->file_) return base::fail_os(fmt::format("cannot open {}", path.string()), errno);
  auto first = source->read_record();
  if (!first) return std::unexpected(std::move(first).error());
  auto* const began = *first ? std::get_if<Began>(&**first) : nullptr;
  if (began == nullptr)
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("{}: is no trace of portwatch", path.string()));
  source->began_ = std::move(*began);
  return source;
}

base::Result<std::optional<Record>> Source::next() {
  return read_record();
}

std::optional<std::string> Source::shortfall() const {
  if (is_cut_off_)
    return fmt::format("{}: line {} is cut off, and left out: the recording was not ended as it should",
                       path_.string(), reader_.lines() + 1);
  if (!reader_.has_ended())
    return fmt::format("{}: behind line {} the end is missing: the recording was not ended as it should",
                       path_.string(), reader_.lines());
  return std::nullopt;
}

base::Result<std::optional<Record>> Source::read_record() {
  std::string line;
  while (true) {
    const auto has_line = read_line(line);
    if (!has_line) return std::unexpected(has_line.error());
    if (!*has_line) return std::nullopt;
    auto record = reader_.read(line);
    if (!record) return base::with_context(path_.string(), std::move(record).error());
    if (*record) return record;
  }
}

/// False: there is none.
base::Result<bool> Source::read_line(std::string& line) {
  line.clear();
  while (true) {
    const std::string_view rest = std::string_view(buffer_).substr(position_);
    const std::size_t end = rest.find('\n');
    line += rest.substr(0, end);
    // The reader refuses what is longer, so no more of it is kept.
    const bool is_whole = end != std::string_view::npos;
    if (is_whole) position_ += end + 1;
    if (is_whole || line.size() > kMaxLine) return true;
    buffer_.resize(kPortion);
    errno = 0;
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (file_.bad()) return base::fail_os(fmt::format("cannot read {}", path_.string()), errno);
    buffer_.resize(static_cast<std::size_t>(file_.gcount()));
    position_ = 0;
    if (!buffer_.empty()) continue;
    is_cut_off_ = !line.empty();
    return false;
  }
}

}  // namespace portwatch::trace
