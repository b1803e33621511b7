// SPDX-License-Identifier: Apache-2.0
#pragma once

// The stable names of an enum's values, written once: a constexpr array in the order of the enum, used for
// JSON, SQL, configuration and people alike. Specialise kEnumNames<E> beside the enum, which must count from
// 0 without holes.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "common/base/assert.h"

namespace portwatch::base {

template <class E>
inline constexpr std::array<std::string_view, 0> kEnumNames{};

template <class E>
concept NamedEnum = std::is_enum_v<E> && (kEnumNames<E>.size() > 0);

/// Of a set that later versions may add to: what a client takes a name for that it does not know. Unset:
/// nobody adds to the set without a new version of the protocol. Specialise it beside kEnumNames.
template <class E>
inline constexpr std::optional<E> kNewerName{};

template <NamedEnum E>
[[nodiscard]] constexpr std::string_view name_of(E value) {
  const auto index = static_cast<std::size_t>(value);
  PW_ASSERT(index < kEnumNames<E>.size());
  return kEnumNames<E>[index];
}

template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_from_name(std::string_view name) {
  for (std::size_t index = 0; index < kEnumNames<E>.size(); ++index)
    if (kEnumNames<E>[index] == name) return static_cast<E>(index);
  return std::nullopt;
}

}  // namespace portwatch::base
