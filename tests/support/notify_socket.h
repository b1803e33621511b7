// SPDX-License-Identifier: Apache-2.0
#pragma once

// The service manager's end of sd_notify(3): keeps what it is told.

#include <filesystem>
#include <string>

#include "common/platform/descriptor.h"

namespace portwatch::test {

class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);

  /// Everything it was told so far, a line each.
  [[nodiscard]] const std::string& told();

 private:
  platform::Descriptor socket_;
  std::string told_;
};

}  // namespace portwatch::test
