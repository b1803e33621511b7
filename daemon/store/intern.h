// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows that are stored once and named by number: strings, processes, services, and what we think of a
// listener. Equal values have equal numbers, so that comparing numbers is comparing values.

#include <cstdint>
#include <string_view>

#include "common/base/error.h"
#include "common/model/listener.h"
#include "daemon/store/database.h"

namespace portwatch::store {

/// All functions give the row's id, and make the row if it is not there. Inside a transaction of the writer.
class Interner {
 public:
  explicit Interner(Database& database) : database_(database) {}

  [[nodiscard]] base::Result<std::int64_t> string(std::string_view bytes);
  [[nodiscard]] base::Result<std::int64_t> process(const model::Process& process);
  [[nodiscard]] base::Result<std::int64_t> service(const model::ServiceKey& service);
  /// Who a listener is and what we think of it: everything that can change while it listens, except its
  /// owners.
  [[nodiscard]] base::Result<std::int64_t> assessment(const model::Listener& listener);
  /// The same assessment with another verdict.
  [[nodiscard]] base::Result<std::int64_t> with_verdict(std::int64_t assessment, model::Verdict verdict);

 private:
  [[nodiscard]] base::Result<std::optional<std::int64_t>> optional_string(
      const std::optional<std::string>& bytes);
  [[nodiscard]] base::Result<std::optional<std::int64_t>> string_or_none(const std::string& bytes);

  Database& database_;
};

}  // namespace portwatch::store
