// SPDX-License-Identifier: Apache-2.0
// The program is the shortest there is: it answers no (bpf(2), BPF_PROG_TYPE_CGROUP_SOCK_ADDR).
#include "tests/integration/bpf/forbidden_binds.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include "common/base/assert.h"

namespace portwatch::test {
namespace {

constexpr std::array<bpf_insn, 2> kNo{
    {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
     {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}}};

}  // namespace

ForbiddenBinds::ForbiddenBinds(const std::string& cgroup_root)
    : folder_(fmt::format("{}/portwatch-test-{}", cgroup_root, ::getpid())) {
  PW_ASSERT(::mkdir(folder_.c_str(), 0700) == 0);
  group_ = platform::Descriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  members_ = platform::Descriptor(::open((folder_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = BPF_CGROUP_INET4_BIND;
  program_ = platform::Descriptor(
      bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "no", "GPL", kNo.data(), kNo.size(), &options));
  PW_ASSERT(group_ && members_ && program_);
  PW_ASSERT(bpf_prog_attach(program_.get(), group_.get(), BPF_CGROUP_INET4_BIND, BPF_F_ALLOW_MULTI) == 0);
}

ForbiddenBinds::~ForbiddenBinds() {
  ::rmdir(folder_.c_str());
}

void ForbiddenBinds::enter() const {
  PW_ASSERT(::write(members_.get(), "0", 1) == 1);
}

}  // namespace portwatch::test
