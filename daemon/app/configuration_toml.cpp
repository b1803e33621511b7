// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration_toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <ranges>
#include <tuple>

#include "common/base/text.h"

namespace portwatch::app {
namespace {

/// Walks the tables and keeps what it finds wrong.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  void read(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const auto line = key.source().begin.line;
      if (const Key* known = find_key(name)) {
        read_value(*known, node, line);
      } else if (const auto* section = node.as_table(); section != nullptr && is_section(name)) {
        read(*section, name + ".");
      } else {
        report(line, unknown(name, node.is_table()));
      }
    }
  }

  [[nodiscard]] std::expected<Configuration, Problems> result() && {
    if (found_.empty()) return configuration_;
    std::ranges::sort(found_, {}, [](const Found& found) { return std::tie(found.line, found.text); });
    Problems problems;
    for (auto& found : found_ | std::views::take(kMaxProblems)) problems.push_back(std::move(found.text));
    return std::unexpected(std::move(problems));
  }

 private:
  struct Found {
    toml::source_index line;
    std::string text;
  };

  void report(toml::source_index line, const std::string& what) {
    found_.push_back({line, fmt::format("{}:{}: {}", file_, line, what)});
  }

  static bool is_section(std::string_view name) {
    const std::string prefix = std::string(name) + ".";
    return std::ranges::any_of(configuration_keys(),
                               [&](const Key& key) { return key.name.starts_with(prefix); });
  }

  static std::string unknown(const std::string& name, bool is_table) {
    std::vector<std::string_view> candidates;
    for (const Key& key : configuration_keys()) {
      candidates.push_back(key.name);
      if (const auto dot = key.name.find('.'); is_table && dot != std::string_view::npos)
        candidates.push_back(key.name.substr(0, dot));
    }
    std::string text =
        fmt::format("there is no {} {}", is_table ? "section" : "key", base::escape_for_terminal(name));
    // The right word in the wrong section is a likelier slip than a near spelling.
    const std::string ending = fmt::format(".{}", name.substr(name.rfind('.') + 1));
    const auto same_word = std::ranges::find_if(configuration_keys(),
                                                [&](const Key& key) { return key.name.ends_with(ending); });
    if (same_word != configuration_keys().end())
      return text + fmt::format("; did you mean {}?", same_word->name);
    if (const auto near = base::nearest(name, candidates))
      return text + fmt::format("; did you mean {}?", *near);
    return text + "; portwatch.toml(5) lists them all";
  }

  void read_value(const Key& key, const toml::node& node, toml::source_index line) {
    std::optional<Value> value;
    if (const auto* boolean = node.as_boolean()) value = boolean->get();
    if (const auto* integer = node.as_integer()) value = integer->get();
    if (const auto* string = node.as_string()) value = string->get();
    if (value && set_value(configuration_, key, *value)) return;
    report(line, fmt::format("{} = {}: allowed is {}{}", key.name, shown(node), allowed(key),
                             suggestion(key, node)));
  }

  static std::string shown(const toml::node& node) {
    if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
    if (const auto* integer = node.as_integer()) return fmt::format("{}", integer->get());
    if (const auto* string = node.as_string())
      return fmt::format("\"{}\"", base::truncate_to_width(base::escape_for_terminal(string->get()), 60));
    if (node.is_floating_point()) return "(a number with a fraction)";
    if (node.is_table()) return "(a section)";
    if (node.is_array()) return "(a list)";
    return "(a date or time)";
  }

  /// What was probably meant.
  static std::string suggestion(const Key& key, const toml::node& node) {
    if (const auto* choice = std::get_if<Choice>(&key.rule)) {
      if (const auto* string = node.as_string()) {
        const std::string_view word = string->get();
        const auto longer = std::ranges::find_if(
            choice->names, [&](std::string_view name) { return word.size() >= 2 && name.starts_with(word); });
        if (longer != choice->names.end()) return fmt::format("; did you mean \"{}\"?", *longer);
        const auto near = base::nearest(word, {choice->names.begin(), choice->names.end()});
        if (near) return fmt::format("; did you mean \"{}\"?", *near);
      }
      if (const auto* boolean = node.as_boolean()) {
        const std::string_view word = boolean->get() ? "yes" : "no";
        if (std::ranges::find(choice->names, word) != choice->names.end())
          return fmt::format("; did you mean \"{}\"?", word);
      }
    }
    const bool is_duration =
        std::holds_alternative<Duration>(key.rule) || std::holds_alternative<DurationOrForever>(key.rule);
    if (is_duration && node.is_integer())
      return fmt::format("; a duration is text with a unit: \"{}s\"", node.as_integer()->get());
    if (std::holds_alternative<Toggle>(key.rule) && node.is_string()) return "; without quotes";
    if (std::holds_alternative<Count>(key.rule) && node.is_string()) return "; without quotes";
    return "";
  }

  std::string file_;
  Configuration configuration_;
  std::vector<Found> found_;
};

}  // namespace

std::expected<Configuration, Problems> parse_configuration(std::string_view text, std::string_view name) {
  try {
    const toml::table table = toml::parse(text, name);
    Reader reader(name);
    reader.read(table, "");
    return std::move(reader).result();
  } catch (const toml::parse_error& error) {
    return std::unexpected(Problems{fmt::format("{}:{}: {}", name, error.source().begin.line,
                                                base::escape_for_terminal(error.description()))});
  }
}

}  // namespace portwatch::app
