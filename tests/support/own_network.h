// SPDX-License-Identifier: Apache-2.0
#pragma once

// A network namespace of the test's own, so that what else listens on this machine neither slows it nor is
// mistaken for its own.

namespace portwatch::test {

/// Moves this process, and what it starts from now on, into a new network namespace with loopback alone. Only
/// who may make one gets one (root, mostly); for everybody else nothing changes. Call it before there are
/// threads or sockets.
void enter_own_network();

}  // namespace portwatch::test
