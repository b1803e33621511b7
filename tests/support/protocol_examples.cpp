// SPDX-License-Identifier: Apache-2.0
#include "tests/support/protocol_examples.h"

#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSent = "→ ";
constexpr std::string_view kReceived = "← ";
static_assert(kSent.size() == kReceived.size());
constexpr std::string_view kSameAsBefore = "…";

/// Replaces each "…" by what its field showed first.
class Ellipses {
 public:
  /// Returns the name of a field whose "…" has nothing to stand for.
  std::optional<std::string> fill(Json& value) { return fill(value, ""); }

 private:
  std::optional<std::string> fill(Json& value, const std::string& name) {
    if (value == kSameAsBefore) {
      const auto known = shown_.find(name);
      if (known == shown_.end()) return name;
      value = known->second;
      return std::nullopt;
    }
    if (value.is_object()) {
      for (auto& [field, inner] : value.items())
        if (auto missing = fill(inner, field)) return missing;
      shown_.try_emplace(name, value);
    } else if (value.is_array()) {
      const std::string one_of_them = name.ends_with('s') ? name.substr(0, name.size() - 1) : name;
      for (Json& inner : value)
        if (auto missing = fill(inner, one_of_them)) return missing;
    }
    return std::nullopt;
  }

  std::map<std::string, Json> shown_;
};

/// Joins the lines of an example: on the wire a message is one line.
struct Message {
  std::size_t line = 0;
  bool is_sent = false;
  bool is_alone = false;  ///< received, and the first of its block: nothing was sent for it
  std::string text;
};

std::vector<Message> messages_of(std::string_view markdown) {
  std::vector<Message> messages;
  bool is_in_example = false;
  bool is_first = false;
  std::size_t number = 0;
  for (const std::string_view line : base::split(markdown, '\n')) {
    ++number;
    if (line.starts_with("```")) {
      is_in_example = line == "```json";
      is_first = true;
    } else if (is_in_example && (line.starts_with(kSent) || line.starts_with(kReceived))) {
      const bool is_sent = line.starts_with(kSent);
      messages.push_back({.line = number,
                          .is_sent = is_sent,
                          .is_alone = !is_sent && is_first,
                          .text = std::string(line.substr(kSent.size()))});
      is_first = false;
    } else if (is_in_example && !messages.empty()) {
      messages.back().text += " " + std::string(base::trim(line));
    }
  }
  return messages;
}

std::string_view type_of(const Json& value) {
  return value.is_number() ? "number" : value.type_name();
}

bool is_pinned(std::string_view pointer) {
  return pointer == "/id" || pointer == "/method" || pointer == "/error/code";
}

std::optional<std::string> difference_at(const std::string& pointer, const Json& example,
                                         const Json& actual) {
  if (is_pinned(pointer) && example != actual)
    return fmt::format("{}: {} in the example, but {}", pointer, example.dump(), actual.dump());
  if (example.is_null() || actual.is_null()) return std::nullopt;
  if (type_of(example) != type_of(actual))
    return fmt::format("{}: {} in the example, but {}", pointer, type_of(example), type_of(actual));
  if (example.is_object()) {
    for (const auto& [name, value] : example.items()) {
      if (!actual.contains(name)) return fmt::format("{}/{}: only in the example", pointer, name);
      if (auto found = difference_at(pointer + "/" + name, value, actual[name])) return found;
    }
    for (const auto& [name, value] : actual.items())
      if (!example.contains(name)) return fmt::format("{}/{}: not in the example", pointer, name);
  } else if (example.is_array() && !example.empty()) {
    for (std::size_t i = 0; i < actual.size(); ++i)
      if (auto found = difference_at(fmt::format("{}/{}", pointer, i), example[0], actual[i])) return found;
  }
  return std::nullopt;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

base::Result<std::vector<Exchange>> parse_protocol_examples(std::string_view markdown) {
  std::vector<Exchange> exchanges;
  Ellipses ellipses;
  for (Message& message : messages_of(markdown)) {
    if (message.is_sent) {
      exchanges.push_back({.line = message.line, .request = std::move(message.text)});
      continue;
    }
    Json reply = Json::parse(message.text, nullptr, false);
    if (reply.is_discarded())
      return base::fail(base::ErrorCode::kCorrupt, fmt::format("line {}: not JSON", message.line));
    if (const auto missing = ellipses.fill(reply))
      return base::fail(base::ErrorCode::kCorrupt,
                        fmt::format("line {}: \"{}\" was not shown before", message.line, *missing));
    if (message.is_alone) exchanges.push_back({.line = message.line});
    exchanges.back().replies.push_back(reply.dump());
  }
  return exchanges;
}

base::Result<std::vector<Exchange>> read_protocol_examples() {
  const std::string path = PORTWATCH_SOURCE_DIR "/common/protocol/PROTOCOL.md";
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail(base::ErrorCode::kNotFound, path + " cannot be read");
  return parse_protocol_examples(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::optional<std::string> difference(const Json& example, const Json& actual) {
  return difference_at("", example, actual);
}

std::string fill_in(const Exchange& exchange, const Placeholders& placeholders) {
  std::string request = exchange.request;
  replace_all(request, "62893", placeholders.port);
  replace_all(request, "fedcba9876543210.41", placeholders.cursor);
  replace_all(request, R"("params": {"id": 21})",
              fmt::format(R"("params": {{"id": {}}})", placeholders.alert));
  return request;
}

}  // namespace portwatch::test
