// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/bpf/mapping.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>

namespace portwatch::sensor::bpf {

base::Result<Mapping> Mapping::make(int fd, std::size_t size, bool is_writable, std::size_t offset) {
  const int protection = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const address = ::mmap(nullptr, size, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (address == MAP_FAILED) return base::fail_os("cannot map the memory of the kernel's programs", errno);
  return Mapping(address, size);
}

Mapping::Mapping(Mapping&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

}  // namespace portwatch::sensor::bpf
