// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lists of values in one BLOB: each value is "<length>:<bytes>,", its length in decimal (netstrings). It
// keeps any bytes exactly, and a person with a SQLite shell can read it: 7:python3,2:-m,11:http.server,

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/enum_names.h"

namespace portwatch::store {

class FieldWriter {
 public:
  FieldWriter& put(std::string_view bytes);
  FieldWriter& put(std::int64_t number);
  template <class E>
    requires std::is_enum_v<E>
  FieldWriter& put(E value) {
    return put(static_cast<std::int64_t>(value));
  }
  /// An absent number is an empty value.
  FieldWriter& put(std::optional<std::int64_t> number);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a FieldWriter wrote. After the first value that is missing or not as asked for, is_good() is
/// false and every value is empty: a caller reads all and looks once.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  std::string_view bytes();
  std::string text() { return std::string(bytes()); }
  std::int64_t number();
  std::optional<std::int64_t> optional_number();
  /// How many elements follow: never more than could be there.
  std::size_t count();
  template <class E>
  E enumerator(std::size_t values) {
    const std::int64_t value = number();
    if (value < 0 || static_cast<std::size_t>(value) >= values) {
      is_good_ = false;
      return E{};
    }
    return static_cast<E>(value);
  }

  template <base::NamedEnum E>
  E enumerator() {
    return enumerator<E>(base::kEnumNames<E>.size());
  }

  [[nodiscard]] bool is_good() const { return is_good_; }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace portwatch::store
