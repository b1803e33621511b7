// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/socket_iterator.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sockets.skel.h>
#include <unistd.h>

#include "common/platform/descriptor.h"
#include "daemon/sensor/linux/bpf/abi.h"
#include "daemon/sensor/linux/bpf/kernel_log.h"
#include "daemon/sensor/linux/bpf/opening.h"

namespace portwatch::sensor::bpf {
namespace {

struct DestroyIterator {
  void operator()(sockets_bpf* skeleton) const { sockets_bpf::destroy(skeleton); }
};

constexpr std::size_t kBufferSize = 256U * 1024U;

}  // namespace

struct SocketIterator::Loaded {
  std::unique_ptr<sockets_bpf, DestroyIterator> skeleton;
  std::vector<std::byte> buffer = std::vector<std::byte>(kBufferSize);
};

SocketIterator::SocketIterator(std::unique_ptr<Loaded> loaded) : loaded_(std::move(loaded)) {}
SocketIterator::SocketIterator(SocketIterator&&) noexcept = default;
SocketIterator& SocketIterator::operator=(SocketIterator&&) noexcept = default;
SocketIterator::~SocketIterator() = default;

base::Result<SocketIterator> SocketIterator::load(const Conditions& conditions) {
  if (auto reason = obstacle(conditions, Need::kTracing))
    return base::fail(base::ErrorCode::kUnsupported, std::move(*reason));
  const KernelLog log;
  auto loaded = std::make_unique<Loaded>();
  const bpf_object_open_opts opening = opening_for(conditions);
  loaded->skeleton.reset(sockets_bpf::open(&opening));
  if (!loaded->skeleton) return base::fail_os("cannot read the program for the kernel", errno);
  if (const int error = sockets_bpf::load(loaded->skeleton.get()); error != 0)
    return base::fail(base::ErrorCode::kUnsupported, explain(-error, conditions));
  auto& link = loaded->skeleton->links.sockets;
  link = bpf_program__attach_iter(loaded->skeleton->progs.sockets, nullptr);
  if (link == nullptr) return base::fail(base::ErrorCode::kUnsupported, explain(errno, conditions));
  return SocketIterator(std::move(loaded));
}

base::Result<std::vector<Held>> SocketIterator::look() {
  return pass(SIZE_MAX);
}

base::Result<std::vector<Held>> SocketIterator::look_at(base::Port port) {
  __u32& wanted = loaded_->skeleton->bss->wanted_port;
  wanted = port.value;
  auto rows = pass(kMostOfAPort);
  wanted = 0;
  return rows;
}

base::Result<std::vector<Held>> SocketIterator::pass(std::size_t most) {
  const int made = bpf_iter_create(bpf_link__fd(loaded_->skeleton->links.sockets));
  if (made < 0) return base::fail_os("cannot begin a pass over all open files", -made);
  const platform::Descriptor pass{made};
  std::vector<Held> rows;
  std::vector<std::byte>& buffer = loaded_->buffer;
  std::size_t filled = 0;
  while (rows.size() < most) {
    const ssize_t size = ::read(pass.get(), buffer.data() + filled, buffer.size() - filled);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return base::fail_os("cannot go on with a pass over all open files", errno);
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
    std::size_t used = 0;
    for (; filled - used >= sizeof(abi::DescriptorRow); used += sizeof(abi::DescriptorRow)) {
      auto row = decode_row(Bytes(buffer).subspan(used, sizeof(abi::DescriptorRow)));
      if (!row) return std::unexpected(std::move(row).error());
      rows.push_back(std::move(*row));
    }
    std::memmove(buffer.data(), buffer.data() + used, filled - used);
    filled -= used;
  }
  if (filled != 0 && rows.size() < most)
    return base::fail(base::ErrorCode::kCorrupt, "a pass over all open files ended within a row");
  return rows;
}

}  // namespace portwatch::sensor::bpf
