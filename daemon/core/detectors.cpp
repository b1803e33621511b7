// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/detectors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "daemon/core/program_identity.h"

namespace portwatch::core {
namespace {

constexpr std::string_view kMemfd = "/memfd:";

/// file-hierarchy(7): writable by everybody, or emptied when the user logs out.
constexpr auto kTemporaryFolders = std::to_array<std::string_view>(
    {"/tmp", "/var/tmp", "/dev/shm", "/run/user", "/run/lock", "/run/shm", "/var/lock"});

/// A script that is read from a pipe or a deleted file: bash <(curl …).
bool is_descriptor(std::string_view path) {
  return path.starts_with("/dev/fd/") ||
         (path.starts_with("/proc/") && path.find("/fd/") != std::string_view::npos);
}

std::optional<model::Reason> temporary_folder(const model::Process& process) {
  const auto reason = [](std::string text) {
    return model::Reason{model::ReasonCode::kTemporaryFolder, std::move(text)};
  };
  if (!process.exe) return std::nullopt;
  const std::string& exe = process.exe->path;
  if (exe.starts_with(kMemfd))
    return reason(fmt::format("its program is no file, it lies in memory only ({})", exe));
  if (is_temporary_place(exe)) return reason(fmt::format("its program lies in a temporary folder ({})", exe));
  const std::string script = script_of(process);
  if (is_descriptor(script))
    return reason(fmt::format("its script is no file, it was read from a descriptor ({})", script));
  if (is_temporary_place(script))
    return reason(fmt::format("its script lies in a temporary folder ({})", script));
  return std::nullopt;
}

std::optional<model::Reason> executable_deleted(const model::Process& process) {
  if (!process.exe || !process.exe->is_deleted || process.exe->path.starts_with(kMemfd)) return std::nullopt;
  return model::Reason{model::ReasonCode::kExecutableDeleted,
                       fmt::format("its program is no longer on disk ({})", process.exe->path)};
}

std::optional<model::Reason> unnamed_file(const model::Process& process) {
  const auto reason = [](std::string text) {
    return model::Reason{model::ReasonCode::kUnnamedFile, std::move(text)};
  };
  if (!process.exe) return std::nullopt;
  if (model::is_unnamed_path(process.exe->path))
    return reason(
        fmt::format("its program lies at a path that is too long to be told ({})", process.exe->path));
  if (const std::string script = script_of(process); model::is_unnamed_path(script))
    return reason(fmt::format("its script lies in a folder whose path is too long to be told ({})", script));
  return std::nullopt;
}

std::optional<model::Reason> foreign_file(const model::Process& process) {
  if (!process.exe || !process.exe->path.ends_with(model::kForeignFileMark)) return std::nullopt;
  const std::string_view path = process.exe->path;
  return model::Reason{
      model::ReasonCode::kForeignFile,
      fmt::format("it sees other mounts than the system, and its program is not the file that "
                  "is at {}",
                  path.substr(0, path.size() - model::kForeignFileMark.size()))};
}

}  // namespace

bool is_temporary_place(std::string_view path) {
  if (path.starts_with(kMemfd)) return true;
  return std::ranges::any_of(kTemporaryFolders, [&](std::string_view folder) {
    return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
  });
}

std::vector<model::Reason> objections(const std::vector<model::ProcessRef>& owners) {
  std::vector<model::Reason> reasons;
  for (const auto detector : {temporary_folder, executable_deleted, unnamed_file, foreign_file}) {
    for (const model::ProcessRef& owner : owners) {
      if (auto reason = detector(*owner)) {
        reasons.push_back(std::move(*reason));
        break;
      }
    }
  }
  return reasons;
}

}  // namespace portwatch::core
