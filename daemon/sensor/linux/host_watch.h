// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the machine is like, asked for again now and then.

#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/model/host_facts.h"

namespace portwatch::sensor {

/// Thread: one at a time.
class HostWatch {
 public:
  explicit HostWatch(std::string proc) : proc_(std::move(proc)) {}

  /// Never null. The same object as long as nothing changes. Errors: it could not be read the first time.
  [[nodiscard]] base::Result<model::HostFactsRef> read();

 private:
  std::string proc_;
  model::HostFactsRef facts_;
  base::BootTime read_at_{};
};

}  // namespace portwatch::sensor
