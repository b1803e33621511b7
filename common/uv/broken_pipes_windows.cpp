// SPDX-License-Identifier: Apache-2.0
// Windows has no SIGPIPE: a write to a peer that went away fails, and nothing else happens.
#include "common/uv/broken_pipes.h"

namespace portwatch::uv {

void ignore_broken_pipes() {}

}  // namespace portwatch::uv
