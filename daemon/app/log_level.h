// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much a message matters, and which ones are worth saying.

#include <array>
#include <cstdint>

#include "common/base/enum_names.h"

namespace portwatch::app {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

}  // namespace portwatch::app

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::LogLevel> =
    std::to_array<std::string_view>({"debug", "info", "warning", "error"});
