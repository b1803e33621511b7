// SPDX-License-Identifier: Apache-2.0
// Without libsystemd: the machine id is not to leave the machine, so without the keyed hash there is none.

#include "daemon/sensor/linux/machine_hash.h"

namespace portwatch::sensor {

std::optional<std::string> read_machine_hash() {
  return std::nullopt;
}

}  // namespace portwatch::sensor
