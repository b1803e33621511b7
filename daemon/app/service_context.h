// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the service manager that started us has said in the environment (systemd.exec(5), "Environment
// variables set or propagated by the service manager").

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace portwatch::app {

struct ServiceContext {
  bool is_system_service = false;  ///< started by the system's manager, not by a person's
  std::optional<std::filesystem::path> state_directory;    ///< the first of StateDirectory=
  std::optional<std::filesystem::path> runtime_directory;  ///< the first of RuntimeDirectory=

  bool operator==(const ServiceContext&) const = default;
};

using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The environment of this process.
[[nodiscard]] std::optional<std::string> environment_variable(const char* name);

/// `own_pid` tells a variable that was meant for us from one that a parent left behind (a terminal or a CI
/// runner that is a service itself).
[[nodiscard]] ServiceContext read_service_context(const Environment& environment, int own_pid);

}  // namespace portwatch::app
