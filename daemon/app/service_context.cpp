// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/service_context.h"

#include <cstdlib>

#include "common/base/text.h"

namespace portwatch::app {
namespace {

std::optional<std::filesystem::path> first_folder(const std::optional<std::string>& list) {
  if (!list) return std::nullopt;
  std::filesystem::path folder(base::split(*list, ':').front());
  if (!folder.is_absolute()) return std::nullopt;
  return folder;
}

}  // namespace

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

ServiceContext read_service_context(const Environment& environment, int own_pid) {
  ServiceContext context;
  // SYSTEMD_EXEC_PID is ours alone, but came with systemd 248. StateDirectory= is set by older ones too.
  const auto exec_pid = environment("SYSTEMD_EXEC_PID");
  const bool is_for_us =
      exec_pid ? *exec_pid == std::to_string(own_pid) : environment("STATE_DIRECTORY").has_value();
  if (!is_for_us) return context;
  context.is_system_service = !environment("MANAGERPID");  // set for the services of a person's manager
  context.state_directory = first_folder(environment("STATE_DIRECTORY"));
  context.runtime_directory = first_folder(environment("RUNTIME_DIRECTORY"));
  return context;
}

}  // namespace portwatch::app
