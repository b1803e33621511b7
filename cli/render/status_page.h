// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `status` says: is it watching, how well, and what wants attention.

#include <string>

#include "cli/render/view.h"
#include "common/model/status.h"

namespace portwatch::cli {

/// Whose daemon it is that answers.
struct SocketInUse {
  std::string path;
  std::string why;  ///< "yours", "the system's", "named by --socket"
};

[[nodiscard]] std::string render_status_page(const View& view, const model::Status& status,
                                             const SocketInUse& socket);

}  // namespace portwatch::cli
