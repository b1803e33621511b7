// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kernel's programs could have told, for tests to change what they are about.

#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/container_names.h"
#include "tests/support/builders.h"

namespace portwatch::test {

[[nodiscard]] inline sensor::bpf::ImageId image(std::int32_t pid, std::uint64_t exec_id = 1) {
  return {.key = {base::Pid{pid}, boot_at(std::chrono::minutes{1})},
          .start_ns = 60'000'000'001,
          .exec_id = exec_id};
}

[[nodiscard]] inline sensor::bpf::Happening by(const sensor::bpf::ImageId& image,
                                               base::Uid uid = base::Uid{1000}) {
  return {.at = boot_at(std::chrono::minutes{2}), .image = image, .uid = uid};
}

/// /usr/sbin/nginx -g off, a service.
[[nodiscard]] inline sensor::bpf::ProcessTold told(const sensor::bpf::ImageId& image) {
  sensor::bpf::ProcessTold told{.happening = by(image), .name = "nginx"};
  told.exe = model::Executable{.path = "/usr/sbin/nginx", .file = model::FileId{8, 15}};
  told.argv = {{"nginx", "-g", "off"}};
  told.cwd = "/srv";
  told.cgroup = "/system.slice/nginx.service";
  told.ancestors = {{base::Pid{1}, boot_at(base::Micros{0}), "systemd"}};
  return told;
}

/// No container has a name.
[[nodiscard]] inline sensor::ContainerNames no_containers() {
  return sensor::ContainerNames({.root = "/nonexistent", .now = [] { return base::BootTime{}; }});
}

[[nodiscard]] inline sensor::bpf::Socket listening(const char* endpoint, std::uint64_t cookie) {
  return {.record = make_socket(endpoint, cookie), .is_listening = true};
}

}  // namespace portwatch::test
