// SPDX-License-Identifier: Apache-2.0
#pragma once

// How single values stand in a column: times as microseconds, unsigned 64-bit numbers as their bits, enums as
// their place in the enum (SCHEMA.md pins the numbers), absent values as NULL.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/enum_names.h"
#include "common/base/error.h"
#include "common/base/strong_type.h"
#include "common/base/time.h"
#include "daemon/store/statement.h"

namespace portwatch::store {

[[nodiscard]] constexpr std::int64_t to_us(base::UtcTime time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] constexpr std::int64_t to_us(base::BootTime time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] constexpr std::optional<std::int64_t> to_us(std::optional<base::UtcTime> time) {
  return time ? std::optional(to_us(*time)) : std::nullopt;
}

[[nodiscard]] constexpr base::UtcTime utc_from_us(std::int64_t us) {
  return base::UtcTime(base::Micros(us));
}
[[nodiscard]] constexpr base::BootTime boot_from_us(std::int64_t us) {
  return base::BootTime(base::Micros(us));
}
[[nodiscard]] constexpr std::optional<base::UtcTime> utc_from_us(std::optional<std::int64_t> us) {
  return us ? std::optional(utc_from_us(*us)) : std::nullopt;
}

/// SQLite has no unsigned 64-bit numbers: the same bits as a signed one.
[[nodiscard]] constexpr std::int64_t to_bits(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
[[nodiscard]] constexpr std::uint64_t from_bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

/// What a damaged or foreign row is answered with.
[[nodiscard]] inline std::unexpected<base::Error> corrupt(std::string_view what) {
  return base::fail(base::ErrorCode::kCorrupt, "the database is damaged: " + std::string(what));
}

/// Reads columns of the current row in order, and notes the first value that cannot be what it should be.
class RowReader {
 public:
  explicit RowReader(const Run& run) : run_(run) {}

  std::int64_t integer() { return run_.integer(column_++); }
  std::optional<std::int64_t> optional_integer() { return run_.optional_integer(column_++); }
  std::string text() { return run_.text(column_++); }
  std::string_view bytes() { return run_.bytes(column_++); }
  bool boolean() { return integer() != 0; }
  template <base::NamedEnum E>
  E enumerator() {
    const std::int64_t value = integer();
    if (value >= 0 && static_cast<std::size_t>(value) < base::kEnumNames<E>.size())
      return static_cast<E>(value);
    is_good_ = false;
    return E{};
  }
  template <base::NamedEnum E>
  std::optional<E> optional_enumerator() {
    if (!run_.is_null(column_)) return enumerator<E>();
    ++column_;
    return std::nullopt;
  }
  /// A number that fits into T.
  template <std::integral T>
  T number() {
    const std::int64_t value = integer();
    if (std::in_range<T>(value)) return static_cast<T>(value);
    is_good_ = false;
    return T{};
  }
  template <std::integral T>
  std::optional<T> optional_number() {
    if (!run_.is_null(column_)) return number<T>();
    ++column_;
    return std::nullopt;
  }

  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  const Run& run_;
  int column_ = 0;
  bool is_good_ = true;
};

}  // namespace portwatch::store
