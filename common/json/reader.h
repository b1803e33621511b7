// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes a JSON value apart, field by field, and remembers the first thing that did not fit as a JSON pointer
// (RFC 6901). Reading goes on with default values after a failure, so that a decoder is a plain list of
// fields; Failure is asked once at the end. For .cpp files only: it brings in nlohmann/json.hpp.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/enum_names.h"
#include "common/base/error.h"
#include "common/base/strong_type.h"
#include "common/base/time.h"

namespace portwatch::json {

using Json = nlohmann::json;

/// What becomes of a name that this version does not know, where later versions may add names.
enum class NewerNames : std::uint8_t {
  kRefused,   ///< what a client asks for, and what is stored
  kAccepted,  ///< what a daemon answers: base::kNewerName
};

/// The first failure of one decoding.
class Failure {
 public:
  explicit Failure(NewerNames newer_names = NewerNames::kRefused) : newer_names_(newer_names) {}

  void set(std::string pointer, std::string_view what);
  [[nodiscard]] bool is_set() const { return error_.has_value(); }
  [[nodiscard]] bool accepts_newer_names() const { return newer_names_ == NewerNames::kAccepted; }

  /// The value, or the error that was met while it was read.
  template <class T>
  [[nodiscard]] base::Result<T> result(T value) && {
    if (error_) return std::unexpected(*std::move(error_));
    return value;
  }

 private:
  NewerNames newer_names_;
  std::optional<base::Error> error_;
};

/// A place in a JSON value. Must not outlive the value, the Failure, or the Reader that it came from.
class Reader {
 public:
  Reader(const Json& json, Failure& failure) : json_(&json), failure_(&failure) {}

  /// A field of an object; absent when the object has none of that name.
  [[nodiscard]] Reader field(std::string_view name) const;

  /// Whether the field is there and not null.
  [[nodiscard]] bool has(std::string_view name) const { return !field(name).is_absent(); }

  /// Reads T from here or from a field; a failure when it is missing or null.
  template <class T>
  [[nodiscard]] T as() const {
    return read(*this, std::type_identity<T>{});
  }
  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    return field(name).as<T>();
  }

  /// Missing and null are both "not known".
  template <class T>
  [[nodiscard]] std::optional<T> optional(std::string_view name) const {
    const Reader value = field(name);
    if (value.is_absent()) return std::nullopt;
    return value.as<T>();
  }
  template <class T>
  [[nodiscard]] T get_or(std::string_view name, T fallback) const {
    const Reader value = field(name);
    return value.is_absent() ? std::move(fallback) : value.as<T>();
  }

  /// An array's elements.
  template <class T>
  [[nodiscard]] std::vector<T> list() const {
    std::vector<T> values;
    if (!expect(json_ != nullptr && json_->is_array(), "an array")) return values;
    values.reserve(json_->size());
    for (std::size_t index = 0; index < json_->size(); ++index) values.push_back(element(index).as<T>());
    return values;
  }
  /// Calls `read` with each element of an array.
  template <class Read>
  void each(const Read& read) const {
    if (!expect(json_ != nullptr && json_->is_array(), "an array")) return;
    for (std::size_t index = 0; index < json_->size(); ++index) read(element(index));
  }
  template <class T>
  [[nodiscard]] std::vector<T> list(std::string_view name) const {
    return field(name).list<T>();
  }
  /// Missing and null are no elements.
  template <class T>
  [[nodiscard]] std::vector<T> list_or_empty(std::string_view name) const {
    const Reader value = field(name);
    return value.is_absent() ? std::vector<T>{} : value.list<T>();
  }

  /// What stands here; null when absent.
  [[nodiscard]] const Json* json() const { return json_; }
  [[nodiscard]] bool is_absent() const { return json_ == nullptr || json_->is_null(); }

  [[nodiscard]] bool accepts_newer_names() const { return failure_->accepts_newer_names(); }

  void fail(std::string_view what) const;
  /// Returns `is_met`; when it is not, fails with "is missing" or "must be <what>".
  bool expect(bool is_met, std::string_view what) const;

 private:
  Reader(const Reader& parent, const Json* json, std::string_view name, std::size_t index)
      : json_(json), failure_(parent.failure_), parent_(&parent), name_(name), index_(index) {}

  [[nodiscard]] Reader element(std::size_t index) const { return {*this, &(*json_)[index], {}, index}; }
  [[nodiscard]] std::string pointer() const;

  const Json* json_;
  Failure* failure_;
  const Reader* parent_ = nullptr;
  std::string_view name_;  ///< the name of a field; an element has none
  std::size_t index_ = 0;
};

/// The readers of values without an encoding of their own. Those of the model are in fields.h.
[[nodiscard]] std::string read(const Reader& at, std::type_identity<std::string>);
[[nodiscard]] bool read(const Reader& at, std::type_identity<bool>);
[[nodiscard]] base::UtcTime read(const Reader& at, std::type_identity<base::UtcTime>);
[[nodiscard]] base::BootTime read(const Reader& at, std::type_identity<base::BootTime>);
[[nodiscard]] base::Micros read(const Reader& at, std::type_identity<base::Micros>);

/// A whole number that fits T; 1.0 is none.
template <std::integral T>
[[nodiscard]] T read(const Reader& at, std::type_identity<T>) {
  constexpr std::string_view kWhat = "a whole number in range";
  const Json* json = at.json();
  if (!at.expect(json != nullptr && json->is_number_integer(), kWhat)) return T{};
  if (json->is_number_unsigned()) {
    const auto value = json->get<std::uint64_t>();
    return at.expect(std::in_range<T>(value), kWhat) ? static_cast<T>(value) : T{};
  }
  const auto value = json->get<std::int64_t>();
  return at.expect(std::in_range<T>(value), kWhat) ? static_cast<T>(value) : T{};
}

template <class Tag, class Rep>
[[nodiscard]] base::Strong<Tag, Rep> read(const Reader& at, std::type_identity<base::Strong<Tag, Rep>>) {
  return {at.as<Rep>()};
}

/// "one of a, b, c", for what an enum's field must be.
[[nodiscard]] std::string one_of(const std::string_view* names, std::size_t count);

template <base::NamedEnum E>
[[nodiscard]] E read(const Reader& at, std::type_identity<E>) {
  const auto name = at.as<std::string>();
  if (const auto value = base::enum_from_name<E>(name)) return *value;
  if (base::kNewerName<E> && at.accepts_newer_names()) return *base::kNewerName<E>;
  at.fail("must be " + one_of(base::kEnumNames<E>.data(), base::kEnumNames<E>.size()));
  return E{};
}

}  // namespace portwatch::json
