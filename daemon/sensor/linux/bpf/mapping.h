// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory that we share with the kernel's programs: a map of theirs, seen as bytes (mmap(2)).

#include <cstddef>

#include "common/base/error.h"

namespace portwatch::sensor::bpf {

class Mapping {
 public:
  Mapping() noexcept = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  /// `size` bytes of the map behind `fd`, from `offset` on, which is whole pages.
  [[nodiscard]] static base::Result<Mapping> make(int fd, std::size_t size, bool is_writable,
                                                  std::size_t offset = 0);

  [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(address_); }

 private:
  Mapping(void* address, std::size_t size) noexcept : address_(address), size_(size) {}

  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace portwatch::sensor::bpf
