// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/machine_hash.h"

namespace portwatch::sensor {

std::optional<std::string> read_machine_hash() {
  return std::nullopt;
}

}  // namespace portwatch::sensor
