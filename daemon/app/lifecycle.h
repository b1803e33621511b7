// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the outside tells the daemon to end or to read its configuration again. Thread: the loop's.

#include <functional>
#include <memory>
#include <string_view>

#include "common/base/error.h"
#include "common/uv/loop.h"

namespace portwatch::app {

struct LifecycleCallbacks {
  std::function<void(std::string_view why)> on_stop;  ///< each time that it is asked for
  std::function<void()> on_reload;
};

class Lifecycle {
 public:
  virtual ~Lifecycle() = default;

  /// From now until it is destroyed the process does not end by itself when it is asked to.
  [[nodiscard]] static base::Result<std::unique_ptr<Lifecycle>> start(uv::Loop& loop,
                                                                      LifecycleCallbacks callbacks);
};

}  // namespace portwatch::app
