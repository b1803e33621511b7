// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes a file with exact mode bits although the umask belongs to the whole process and other threads make
// files too.

#include <functional>

namespace portwatch::server {

/// Runs `job` under `mask`, in a way that no other thread sees the mask, and waits for it.
void run_with_umask(unsigned mask, const std::function<void()>& job);

}  // namespace portwatch::server
