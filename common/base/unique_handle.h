// SPDX-License-Identifier: Apache-2.0
#pragma once

// One owner for one OS handle. Traits say what type it is, which value means "none", and how it is closed.

#include <utility>

namespace portwatch::base {

template <class Traits>
class [[nodiscard]] UniqueHandle {
 public:
  using Raw = typename Traits::Raw;

  UniqueHandle() noexcept = default;
  explicit UniqueHandle(Raw raw) noexcept : raw_(raw) {}
  UniqueHandle(UniqueHandle&& other) noexcept : raw_(other.release()) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueHandle() { reset(); }

  [[nodiscard]] Raw get() const noexcept { return raw_; }
  [[nodiscard]] bool is_valid() const noexcept { return raw_ != Traits::kNone; }
  explicit operator bool() const noexcept { return is_valid(); }
  [[nodiscard]] Raw release() noexcept { return std::exchange(raw_, Traits::kNone); }
  void reset(Raw raw = Traits::kNone) noexcept {
    if (const Raw old = std::exchange(raw_, raw); old != Traits::kNone) Traits::close(old);
  }

 private:
  Raw raw_ = Traits::kNone;
};

}  // namespace portwatch::base
