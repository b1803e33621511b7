// SPDX-License-Identifier: Apache-2.0
#include "common/json/reader.h"

#include <fmt/format.h>

namespace portwatch::json {
namespace {

/// RFC 6901, 3: "~" and "/" inside a name.
std::string escape_pointer(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

void Failure::set(std::string pointer, std::string_view what) {
  if (error_) return;
  error_ = base::Error{base::ErrorCode::kCorrupt,
                       fmt::format("{} {}", pointer.empty() ? "the JSON value" : std::move(pointer), what)};
}

Reader Reader::field(std::string_view name) const {
  if (json_ == nullptr || !expect(json_->is_object(), "an object")) return {*this, nullptr, name, 0};
  const auto found = json_->find(name);
  return {*this, found == json_->end() ? nullptr : &*found, name, 0};
}

void Reader::fail(std::string_view what) const {
  if (!failure_->is_set()) failure_->set(pointer(), what);
}

bool Reader::expect(bool is_met, std::string_view what) const {
  if (is_met) return true;
  if (!failure_->is_set()) fail(json_ == nullptr ? "is missing" : fmt::format("must be {}", what));
  return false;
}

std::string Reader::pointer() const {
  if (parent_ == nullptr) return {};
  return fmt::format("{}/{}", parent_->pointer(),
                     name_.empty() ? std::to_string(index_) : escape_pointer(name_));
}

std::string read(const Reader& at, std::type_identity<std::string>) {
  if (!at.expect(at.json() != nullptr && at.json()->is_string(), "a string")) return {};
  return at.json()->get<std::string>();
}

bool read(const Reader& at, std::type_identity<bool>) {
  if (!at.expect(at.json() != nullptr && at.json()->is_boolean(), "true or false")) return false;
  return at.json()->get<bool>();
}

base::UtcTime read(const Reader& at, std::type_identity<base::UtcTime>) {
  const auto text = at.as<std::string>();
  const auto time = base::parse_rfc3339(text);
  at.expect(time.has_value(), "a time as RFC 3339 writes it, like 2026-11-21T12:33:11.381204Z");
  return time.value_or(base::UtcTime{});
}

base::BootTime read(const Reader& at, std::type_identity<base::BootTime>) {
  return base::BootTime{at.as<base::Micros>()};
}

base::Micros read(const Reader& at, std::type_identity<base::Micros>) {
  return base::Micros{at.as<base::Micros::rep>()};
}

std::string one_of(const std::string_view* names, std::size_t count) {
  return fmt::format("one of {}", fmt::join(names, names + count, ", "));
}

}  // namespace portwatch::json
