// SPDX-License-Identifier: Apache-2.0
#pragma once

// A peer that went away must not end the process that writes to it.

namespace portwatch::uv {

/// From now on such a write fails, for the whole process, unless something else is done about it already.
/// Thread: any.
void ignore_broken_pipes();

}  // namespace portwatch::uv
