// SPDX-License-Identifier: Apache-2.0
#pragma once

// portwatchd distrusts programs that lie in a temporary folder. A test whose own sockets must not alarm
// anybody cannot be such a program, wherever the sources were put.

namespace portwatch::test {

/// When this program lies in a folder for temporary files: begins anew, in a mount namespace of its own that
/// shows its folder at /mnt. Only who may make one gets one (root, mostly); for everybody else nothing
/// changes. Call it before there are threads or files.
void leave_temporary_folder();

}  // namespace portwatch::test
