// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/kernel_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include <bpf/libbpf.h>

#include "common/base/assert.h"

namespace portwatch::sensor::bpf {
namespace {

thread_local KernelLog* current = nullptr;

}  // namespace

void keep_line(std::string_view line) {
  if (current == nullptr || current->text_.size() + line.size() > KernelLog::kMaxText) return;
  current->text_ += line;
}

namespace {

[[gnu::format(printf, 2, 0)]] int print(libbpf_print_level level, const char* format,
                                        va_list arguments) noexcept {
  if (level == LIBBPF_DEBUG) return 0;
  std::array<char, 4096> line;
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  if (length > 0) keep_line(std::string_view(line.data()));
  return 0;
}

}  // namespace

KernelLog::KernelLog() {
  PW_ASSERT(current == nullptr);
  current = this;
  libbpf_set_print(print);
}

KernelLog::~KernelLog() {
  current = nullptr;
}

std::string KernelLog::failed_program() const {
  constexpr std::string_view kBefore = "prog '";
  constexpr std::string_view kAfter = "': failed to load";
  const std::size_t end = text_.find(kAfter);
  if (end == std::string::npos) return {};
  const std::size_t begin = text_.rfind(kBefore, end);
  if (begin == std::string::npos) return {};
  return text_.substr(begin + kBefore.size(), end - begin - kBefore.size());
}

}  // namespace portwatch::sensor::bpf
