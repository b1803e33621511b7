// SPDX-License-Identifier: Apache-2.0
#pragma once

// A control group whose processes may bind nothing: a rule of an administrator's, by a program of another
// than us.

#include <string>

#include "common/platform/descriptor.h"

namespace portwatch::test {

class ForbiddenBinds {
 public:
  /// Below the root of the hierarchy of version 2. Aborts when it cannot be made.
  explicit ForbiddenBinds(const std::string& cgroup_root);
  /// Whoever is in it must be gone.
  ~ForbiddenBinds();
  ForbiddenBinds(const ForbiddenBinds&) = delete;
  ForbiddenBinds& operator=(const ForbiddenBinds&) = delete;

  /// From now on bind(2) over IPv4 fails for the caller with EPERM. System calls only.
  void enter() const;

 private:
  std::string folder_;
  platform::Descriptor group_;
  platform::Descriptor program_;
  platform::Descriptor members_;
};

}  // namespace portwatch::test
