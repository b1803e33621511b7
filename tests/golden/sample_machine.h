// SPDX-License-Identifier: Apache-2.0
#pragma once

// One machine with a bit of everything, for golden tests: a server on both families, workers that share a
// port, a kernel socket, somebody who may not be looked into, an unknown program, and one whose name attacks
// the terminal.

#include "tests/support/cli_world.h"

namespace portwatch::test {

/// Fills the world's daemon. It is 12:00 there, and the machine runs since 08:00.
void furnish(CliWorld& world);

}  // namespace portwatch::test
