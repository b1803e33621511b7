// SPDX-License-Identifier: Apache-2.0
#pragma once

// Model values as JSON and back, once, for the protocol, the store's details, traces and `--json`. Field
// names and meanings are in common/protocol/PROTOCOL.md. A value that is not known is null. Text from other
// processes is made valid UTF-8 on the way out, so decode(encode(m)) == m holds for every model value whose
// texts are valid UTF-8.

#include <nlohmann/json_fwd.hpp>

#include "common/base/error.h"
#include "common/model/alike_listeners.h"
#include "common/model/connection.h"
#include "common/model/event.h"
#include "common/model/host_facts.h"
#include "common/model/query.h"
#include "common/model/status.h"

namespace portwatch::json {

using Json = nlohmann::json;

[[nodiscard]] Json encode(const model::Process& process);
[[nodiscard]] Json encode(const model::Listener& listener);
[[nodiscard]] Json encode(const model::AlikeListeners& entry);
[[nodiscard]] Json encode(const model::Connection& connection);
[[nodiscard]] Json encode(const model::Alert& alert);
[[nodiscard]] Json encode(const model::BaselineEntry& entry);
[[nodiscard]] Json encode(const model::Event& event);
[[nodiscard]] Json encode(const model::Coverage& coverage);
[[nodiscard]] Json encode(const model::HostFacts& host);
[[nodiscard]] Json encode(const model::SensorInfo& sensor);
[[nodiscard]] Json encode(const model::Status& status);
[[nodiscard]] Json encode(const model::EventQuery& query);
[[nodiscard]] Json encode(const model::AlertQuery& query);
[[nodiscard]] Json encode(const model::PastQuery& query);

/// Reads what encode() wrote. Unknown fields are ignored. T is one of the types above.
/// Errors: kCorrupt, with the JSON pointer of the field that is missing, of a wrong type, or out of range.
template <class T>
[[nodiscard]] base::Result<T> decode(const Json& json);

template <>
base::Result<model::Process> decode(const Json& json);
template <>
base::Result<model::Listener> decode(const Json& json);
template <>
base::Result<model::AlikeListeners> decode(const Json& json);
template <>
base::Result<model::Alert> decode(const Json& json);
template <>
base::Result<model::BaselineEntry> decode(const Json& json);
template <>
base::Result<model::Event> decode(const Json& json);
template <>
base::Result<model::Coverage> decode(const Json& json);
template <>
base::Result<model::HostFacts> decode(const Json& json);
template <>
base::Result<model::Status> decode(const Json& json);
template <>
base::Result<model::EventQuery> decode(const Json& json);
template <>
base::Result<model::AlertQuery> decode(const Json& json);
template <>
base::Result<model::PastQuery> decode(const Json& json);

/// A value takes up to a hundred bytes of memory, and as little as two of text.
inline constexpr std::size_t kMaxValues = 1'000'000;

/// Parses text that came from outside: at most `max_depth` levels of nesting and kMaxValues values (both
/// checked before the parser sees it), valid UTF-8, no duplicate handling beyond the last wins, nothing
/// behind the value.
[[nodiscard]] base::Result<Json> parse(std::string_view text, std::size_t max_depth = 32);

/// One line of JSON, without a newline in it; never throws: invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string dump(const Json& json);

}  // namespace portwatch::json
