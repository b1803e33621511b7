// SPDX-License-Identifier: Apache-2.0
#include "common/model/program_name.h"

#include <string_view>

#include "common/base/text.h"

namespace portwatch::model {
namespace {

/// Of a comm: TASK_COMM_LEN less the zero (proc(5)).
constexpr std::size_t kLongestName = 15;

}  // namespace

std::string program_name(const Process& process) {
  if (!process.exe) return {};
  std::string_view path = process.exe->path;
  const bool is_foreign = path.ends_with(kForeignFileMark);
  if (is_foreign) path.remove_suffix(kForeignFileMark.size());
  const bool is_unnamed = is_unnamed_path(path);
  const std::string_view file = base::file_name(path);
  std::string name = is_unnamed ? "unnamed file" : base::as_name(file);
  if (is_foreign) name += kForeignFileMark;
  const bool goes_by_its_file =
      process.name.empty() || (!is_unnamed && process.name == file.substr(0, kLongestName));
  return goes_by_its_file ? name : name + " (as " + base::as_name(process.name) + ")";
}

std::string program_or_own_name(const Process& process) {
  std::string name = program_name(process);
  return name.empty() ? process.name : name;
}

}  // namespace portwatch::model
