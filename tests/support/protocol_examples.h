// SPDX-License-Identifier: Apache-2.0
#pragma once

// The examples of PROTOCOL.md, for tests that decode them and tests that run them against a real portwatchd.
// The document says itself what its marks mean and what of an answer must be the same.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/error.h"

namespace portwatch::test {

/// What is sent, and what comes back before the next is sent. An exchange without a request is only shown,
/// not run.
struct Exchange {
  std::size_t line = 0;  ///< in PROTOCOL.md, for messages
  std::string request;   ///< one line without its newline, as written: need not be JSON; may be empty
  std::vector<std::string> replies;  ///< one line each; "…" is replaced by what it stands for
};

/// All examples, from the top. Errors: kCorrupt, with the line of an example that cannot be read.
[[nodiscard]] base::Result<std::vector<Exchange>> parse_protocol_examples(std::string_view markdown);

/// Those of the repository's PROTOCOL.md.
[[nodiscard]] base::Result<std::vector<Exchange>> read_protocol_examples();

/// Where and how an answer is not as its example shows; nothing when it is.
[[nodiscard]] std::optional<std::string> difference(const nlohmann::json& example,
                                                    const nlohmann::json& actual);

/// What stands for the machine's own in requests: port, alert, cursor. Each is replaced wherever it stands.
struct Placeholders {
  std::string port;    ///< in place of 62893
  std::string alert;   ///< in place of 21 as "id" of an alert's method
  std::string cursor;  ///< in place of fedcba9876543210.41
};
[[nodiscard]] std::string fill_in(const Exchange& exchange, const Placeholders& placeholders);

}  // namespace portwatch::test
