// SPDX-License-Identifier: Apache-2.0
// Who and where we are, on a POSIX system: the effective user, the environment, the usual places.

#include <unistd.h>

#include "daemon/app/settings.h"

namespace portwatch::app {

Surroundings find_surroundings() {
  Surroundings surroundings;
  surroundings.service = read_service_context(environment_variable, getpid());
  surroundings.uid = base::Uid{geteuid()};
  surroundings.system = platform::system_locations();
  if (const auto person = platform::current_person())
    surroundings.personal = platform::personal_locations(*person);
  return surroundings;
}

}  // namespace portwatch::app
