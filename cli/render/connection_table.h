// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `show PORT --clients` adds: one line for each connection.

#include <string>

#include "cli/render/view.h"
#include "common/model/connection.h"

namespace portwatch::cli {

/// With a heading that counts them, and a remark on what is left out.
[[nodiscard]] std::string render_connections(const View& view, const model::ConnectionList& list);

}  // namespace portwatch::cli
