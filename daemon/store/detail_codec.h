// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of events and processes that are only ever read back whole, as one BLOB of fields (fields.h). The
// order of the fields of each is in SCHEMA.md.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/event.h"
#include "common/model/process.h"

namespace portwatch::store {

[[nodiscard]] std::string encode_argv(const std::vector<std::string>& argv);
[[nodiscard]] base::Result<std::vector<std::string>> decode_argv(std::string_view bytes);

[[nodiscard]] std::string encode_ancestors(const std::vector<model::Ancestor>& ancestors);
[[nodiscard]] base::Result<std::vector<model::Ancestor>> decode_ancestors(std::string_view bytes);

[[nodiscard]] std::string encode_reasons(const std::vector<model::Reason>& reasons);
[[nodiscard]] base::Result<std::vector<model::Reason>> decode_reasons(std::string_view bytes);

/// What the detail says beyond the rows that it is kept in: of an alert all but its listener, of a change of
/// owners nothing. Empty when nothing is left to say.
[[nodiscard]] std::string encode_detail(const model::EventDetail& detail);

/// The detail of an event of this kind. An alert comes without its listener, a change of owners without the
/// owners.
[[nodiscard]] base::Result<model::EventDetail> decode_detail(model::EventKind kind, std::string_view bytes);

}  // namespace portwatch::store
