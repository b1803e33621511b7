// SPDX-License-Identifier: Apache-2.0
#pragma once

// What this run works with: the configuration with everything "auto" decided, from the command line, the
// file, the service manager and the usual places, in this order. Pure, but for find_surroundings().

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/base/error.h"
#include "common/base/strong_type.h"
#include "common/model/status.h"
#include "common/platform/paths.h"
#include "daemon/app/configuration.h"
#include "daemon/app/options.h"
#include "daemon/app/service_context.h"

namespace portwatch::app {

/// What we find ourselves in.
struct Surroundings {
  ServiceContext service;
  base::Uid uid;  ///< effective
  platform::Locations system;
  platform::Locations personal;  ///< empty paths when the user has no home
};

[[nodiscard]] Surroundings find_surroundings();

/// A service of the system, and root, work in the system's places; everybody else in their own.
[[nodiscard]] bool is_in_system_places(const Surroundings& surroundings);

struct ConfigurationFile {
  std::filesystem::path path;
  bool must_exist = false;  ///< it was asked for by name
};

/// Errors: kNotFound: there is no usual place, for want of a home folder.
[[nodiscard]] base::Result<ConfigurationFile> locate_configuration(const Options& options,
                                                                   const Surroundings& surroundings);

struct Settings {
  std::filesystem::path state_directory;
  std::filesystem::path socket;
  model::Profile profile = model::Profile::kLaptop;
  bool is_for_everybody = false;  ///< the socket: may everybody connect, or its owner alone
  LogLevel log_level = LogLevel::kInfo;

  bool operator==(const Settings&) const = default;
};

/// Errors: kNotFound: a place was not given, and there is no usual one.
[[nodiscard]] base::Result<Settings> resolve(const Options& options, const Configuration& configuration,
                                             const Surroundings& surroundings);

/// Whether people may approve their own loopback listeners; "auto" means on a laptop.
[[nodiscard]] bool may_self_approve(const Configuration& configuration, model::Profile profile);

}  // namespace portwatch::app
