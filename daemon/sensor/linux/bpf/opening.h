// SPDX-License-Identifier: Apache-2.0
#pragma once

// How programs for the kernel are opened, before they are loaded.

#include <bpf/libbpf.h>

#include "daemon/sensor/linux/bpf/conditions.h"

namespace portwatch::sensor::bpf {

/// `conditions` must outlive what is given.
[[nodiscard]] inline bpf_object_open_opts opening_for(const Conditions& conditions) {
  bpf_object_open_opts opening{};
  opening.sz = sizeof opening;
  if (!conditions.types_file.empty()) opening.btf_custom_path = conditions.types_file.c_str();
  return opening;
}

}  // namespace portwatch::sensor::bpf
