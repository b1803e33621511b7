// SPDX-License-Identifier: Apache-2.0
// Links are found where procfs tells what a descriptor of another process is (proc_pid_fdinfo(5)).
#include "tests/integration/bpf/detached_programs.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "common/platform/descriptor.h"

namespace portwatch::test {
namespace {

/// What a link of a control group says of itself: "link_type:\tcgroup", "link_id:\t12". 0: it is none.
std::uint32_t control_group_link(const std::filesystem::path& fdinfo) {
  std::ifstream file(fdinfo);
  std::uint32_t id = 0;
  bool is_of_control_group = false;
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kId = "link_id:\t";
    if (line == "link_type:\tcgroup") is_of_control_group = true;
    if (line.starts_with(kId)) std::from_chars(line.data() + kId.size(), line.data() + line.size(), id);
  }
  return is_of_control_group ? id : 0;
}

}  // namespace

std::size_t detach_programs_of(int pid) {
  std::size_t count = 0;
  for (const auto& each : std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", pid))) {
    const std::uint32_t id = control_group_link(each.path());
    if (id == 0) continue;
    const platform::Descriptor link{bpf_link_get_fd_by_id(id)};
    if (link && bpf_link_detach(link.get()) == 0) ++count;
  }
  return count;
}

}  // namespace portwatch::test
