// SPDX-License-Identifier: Apache-2.0
#pragma once

// How every handle of libuv is owned. libuv uses a handle's memory until its close callback has run, so the
// memory is a heap block of its own: the wrapper points to it, and when the wrapper goes, the block is
// detached, closed, and frees itself in the close callback. What a person's callback captured lives as long
// as the block, so a callback may destroy its own wrapper. Only the .cpp files of this folder include this
// header.
//
// Source: https://docs.libuv.org/en/v1.x/handle.html (uv_close)

#include <uv.h>

namespace portwatch::uv::detail {

/// A block is a struct that derives from this one and adds what its callbacks need. A trampoline looks at
/// `is_attached` before it calls anything of the owner's.
template <class Raw>
struct Block {
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  Raw raw{};
  bool is_attached = true;
};

template <class Derived>
[[nodiscard]] uv_handle_t* handle_of(Derived& block) noexcept {
  return reinterpret_cast<uv_handle_t*>(&block.raw);
}

/// The block that a callback of libuv is about.
template <class Derived, class Raw>
[[nodiscard]] Derived& block_of(Raw* raw) noexcept {
  return *static_cast<Derived*>(raw->data);
}

/// To be called once uv_…_init has succeeded; before that the block is simply deleted.
template <class Derived>
void mark_initialised(Derived& block) noexcept {
  block.raw.data = &block;
}

template <class Derived>
void close_and_free(Derived* block) noexcept {
  block->is_attached = false;
  uv_close(handle_of(*block),
           [](uv_handle_t* handle) noexcept { delete static_cast<Derived*>(handle->data); });
}

}  // namespace portwatch::uv::detail
