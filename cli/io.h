// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that portwatchctl has of the world outside; tests bring a world of their own.

#include <functional>
#include <optional>
#include <string>

#include "cli/client/daemon.h"
#include "cli/output.h"
#include "cli/time_zone.h"
#include "common/platform/paths.h"
#include "common/platform/terminal.h"

namespace portwatch::cli {

struct Io {
  Output& out;  ///< data
  Output& err;  ///< talk
  platform::TerminalFacts out_terminal;
  platform::TerminalFacts err_terminal;
  std::function<std::optional<std::string>(const char* name)> environment;
  std::function<base::Result<platform::Person>()> person;
  std::function<bool(const std::string& name)> is_user;  ///< whether the system knows a user of this name
  std::function<base::UtcTime()> now;
  TimeZone zone;
  Connector connect;
  std::function<void(base::Micros)> pause;  ///< between two tries to connect
};

}  // namespace portwatch::cli
