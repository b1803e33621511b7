// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/fields.h"

#include <charconv>

namespace portwatch::store {
namespace {

/// The shortest value, "0:,": what bounds a count by the bytes that are left.
constexpr std::size_t kShortestField = 3;

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

FieldWriter& FieldWriter::put(std::string_view bytes) {
  bytes_ += std::to_string(bytes.size());
  bytes_ += ':';
  bytes_ += bytes;
  bytes_ += ',';
  return *this;
}

FieldWriter& FieldWriter::put(std::int64_t number) {
  return put(std::string_view(std::to_string(number)));
}

FieldWriter& FieldWriter::put(std::optional<std::int64_t> number) {
  return number ? put(*number) : put(std::string_view());
}

std::string_view FieldReader::bytes() {
  const std::size_t colon = rest_.find(':');
  const auto size =
      colon == std::string_view::npos ? std::nullopt : parse<std::size_t>(rest_.substr(0, colon));
  if (!is_good_ || !size || *size >= rest_.size() - colon - 1 || rest_[colon + 1 + *size] != ',') {
    is_good_ = false;
    return {};
  }
  const std::string_view value = rest_.substr(colon + 1, *size);
  rest_.remove_prefix(colon + *size + 2);
  return value;
}

std::int64_t FieldReader::number() {
  const auto value = parse<std::int64_t>(bytes());
  if (!value) is_good_ = false;
  return is_good_ ? *value : 0;
}

std::optional<std::int64_t> FieldReader::optional_number() {
  const std::string_view text = bytes();
  if (text.empty()) return std::nullopt;
  const auto value = parse<std::int64_t>(text);
  if (!value) is_good_ = false;
  return value;
}

std::size_t FieldReader::count() {
  const std::int64_t value = number();
  if (value < 0 || static_cast<std::uint64_t>(value) > rest_.size() / kShortestField) {
    is_good_ = false;
    return 0;
  }
  return static_cast<std::size_t>(value);
}

}  // namespace portwatch::store
