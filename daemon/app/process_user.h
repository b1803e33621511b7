// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who this process is.

#include <string>

#include "common/base/strong_type.h"

namespace portwatch::app {

struct ProcessUser {
  base::Pid pid;
  base::Uid uid;     ///< effective
  std::string name;  ///< of the uid; "#1000" where the system knows none
};

[[nodiscard]] ProcessUser find_process_user();

}  // namespace portwatch::app
