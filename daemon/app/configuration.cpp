// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"

namespace portwatch::app {
namespace {

using namespace std::chrono_literals;

template <auto kField>
constexpr Choice choice() {
  using E = std::remove_reference_t<decltype(std::declval<Configuration&>().*kField)>;
  return {
      .names = base::kEnumNames<E>,
      .set = [](Configuration& configuration,
                std::size_t index) { configuration.*kField = static_cast<E>(index); },
      .get =
          [](const Configuration& configuration) { return static_cast<std::size_t>(configuration.*kField); }};
}

constexpr auto kKeys = std::to_array<Key>({
    {"profile", choice<&Configuration::profile>(), true},
    {"state.directory", Folder{&Configuration::state_directory}, true},
    {"scan.interval", Duration{&Configuration::scan_interval, 100ms, 1h}},
    {"scan.reconcile_interval", Duration{&Configuration::reconcile_interval, 100ms, 1h}},
    {"scan.sensor", choice<&Configuration::sensor>(), true},
    {"scan.revisit_descriptors", Count{&Configuration::revisit_descriptors, 100, 1'000'000}, true},
    {"policy.learning", Duration{&Configuration::learning, 0s, std::chrono::days{30}}},
    {"policy.self_approve", choice<&Configuration::self_approve>()},
    {"policy.locked", Toggle{&Configuration::is_policy_locked}},
    {"history.retention", DurationOrForever{&Configuration::retention, 1h, std::chrono::days{3650}}},
    {"history.max_pending", Count{&Configuration::max_pending, 100, 10'000'000}, true},
    {"server.socket", SocketPath{&Configuration::socket}, true},
    {"server.audience", choice<&Configuration::audience>(), true},
    {"server.admin_group", Name{&Configuration::admin_group, 32}, true},
    {"server.max_sessions", Count{&Configuration::max_sessions, 1, 4096}, true},
    {"server.max_sessions_per_user", Count{&Configuration::max_sessions_per_user, 1, 4096}, true},
    {"log.level", choice<&Configuration::log_level>()},
    {"log.target", choice<&Configuration::log_target>(), true},
});

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

/// The shortest way to write it with one unit that base::parse_duration() reads.
std::string duration_text(base::Micros duration) {
  if (duration == 0s) return "0s";
  if (duration % 24h == 0s) return fmt::format("{}d", duration / 24h);
  if (duration % 1h == 0s) return fmt::format("{}h", duration / 1h);
  if (duration % 1min == 0s) return fmt::format("{}m", duration / 1min);
  if (duration % 1s == 0s) return fmt::format("{}s", duration / 1s);
  return fmt::format("{}ms", duration / 1ms);
}

std::optional<base::Micros> duration_of(const Value& value, base::Micros least, base::Micros most) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  const auto duration = base::parse_duration(*text);
  if (!duration || *duration < least || *duration > most) return std::nullopt;
  return duration;
}

/// An absolute path, or the empty text for the usual place; bounded like the OS bounds it.
bool set_path(std::filesystem::path& field, const Value& value, std::size_t longest) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || text->size() > longest || text->find('\0') != std::string::npos) return false;
  std::filesystem::path path(*text);
  if (!text->empty() && !path.is_absolute()) return false;
  field = std::move(path);
  return true;
}

constexpr std::size_t kLongestPath = 4095;       // PATH_MAX of Linux without the final NUL
constexpr std::size_t kLongestSocketPath = 107;  // sun_path of unix(7) without the final NUL

bool has_invisible(std::string_view text) {
  while (!text.empty()) {
    const base::CodePoint next = base::first_code_point(text);
    if (base::is_invisible(next.value)) return true;
    text.remove_prefix(next.size);
  }
  return false;
}

/// A basic string of TOML 1.0, with an escape for what a terminal would act on.
std::string quote_toml(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const base::CodePoint next = base::first_code_point(text);
    const std::string_view bytes = text.substr(0, next.size);
    if (base::is_invisible(next.value))
      result += fmt::format("\\U{:08x}", static_cast<std::uint32_t>(next.value));
    else if (bytes == "\"" || bytes == "\\")
      result += fmt::format("\\{}", bytes);
    else
      result += bytes;
    text.remove_prefix(next.size);
  }
  return result + '"';
}

}  // namespace

std::span<const Key> configuration_keys() {
  return kKeys;
}

const Key* find_key(std::string_view name) {
  const auto* found = std::ranges::find(kKeys, name, &Key::name);
  return found == kKeys.end() ? nullptr : found;
}

bool set_value(Configuration& configuration, const Key& key, const Value& value) {
  return std::visit(
      Overload{[&](const Toggle& rule) {
                 const auto* toggle = std::get_if<bool>(&value);
                 if (toggle != nullptr) configuration.*rule.field = *toggle;
                 return toggle != nullptr;
               },
               [&](const Count& rule) {
                 const auto* count = std::get_if<std::int64_t>(&value);
                 if (count == nullptr || *count < rule.least || *count > rule.most) return false;
                 configuration.*rule.field = *count;
                 return true;
               },
               [&](const Duration& rule) {
                 const auto duration = duration_of(value, rule.least, rule.most);
                 if (duration) configuration.*rule.field = *duration;
                 return duration.has_value();
               },
               [&](const DurationOrForever& rule) {
                 const auto* text = std::get_if<std::string>(&value);
                 const bool is_forever = text != nullptr && *text == "forever";
                 const auto duration = duration_of(value, rule.least, rule.most);
                 if (is_forever || duration) configuration.*rule.field = duration;
                 return is_forever || duration.has_value();
               },
               [&](const Folder& rule) { return set_path(configuration.*rule.field, value, kLongestPath); },
               [&](const SocketPath& rule) {
                 return set_path(configuration.*rule.field, value, kLongestSocketPath);
               },
               [&](const Name& rule) {
                 const auto* text = std::get_if<std::string>(&value);
                 if (text == nullptr || text->empty() || text->size() > rule.longest || has_invisible(*text))
                   return false;
                 configuration.*rule.field = *text;
                 return true;
               },
               [&](const Choice& rule) {
                 const auto* text = std::get_if<std::string>(&value);
                 if (text == nullptr) return false;
                 const auto found = std::ranges::find(rule.names, *text);
                 if (found == rule.names.end()) return false;
                 rule.set(configuration, static_cast<std::size_t>(found - rule.names.begin()));
                 return true;
               }},
      key.rule);
}

std::string allowed(const Key& key) {
  return std::visit(
      Overload{[](const Toggle&) -> std::string { return "true or false"; },
               [](const Count& rule) {
                 return fmt::format("a whole number from {} to {}", rule.least, rule.most);
               },
               [](const Duration& rule) {
                 return fmt::format("a duration from \"{}\" to \"{}\"", duration_text(rule.least),
                                    duration_text(rule.most));
               },
               [](const DurationOrForever& rule) {
                 return fmt::format("a duration from \"{}\" to \"{}\", or \"forever\"",
                                    duration_text(rule.least), duration_text(rule.most));
               },
               [](const Folder&) -> std::string { return "an absolute path, or \"\" for the usual place"; },
               [](const SocketPath&) {
                 return fmt::format("an absolute path of at most {} bytes, or \"\" for the usual place",
                                    kLongestSocketPath);
               },
               [](const Name& rule) { return fmt::format("a name of 1 to {} bytes", rule.longest); },
               [](const Choice& rule) {
                 std::string list;
                 for (std::size_t i = 0; i < rule.names.size(); ++i) {
                   if (i > 0) list += i + 1 == rule.names.size() ? " or " : ", ";
                   list += quote_toml(rule.names[i]);
                 }
                 return list;
               }},
      key.rule);
}

std::string value_text(const Configuration& configuration, const Key& key) {
  return std::visit(
      Overload{
          [&](const Toggle& rule) -> std::string { return configuration.*rule.field ? "true" : "false"; },
          [&](const Count& rule) { return fmt::format("{}", configuration.*rule.field); },
          [&](const Duration& rule) { return quote_toml(duration_text(configuration.*rule.field)); },
          [&](const DurationOrForever& rule) {
            const auto& duration = configuration.*rule.field;
            return quote_toml(duration ? duration_text(*duration) : "forever");
          },
          [&](const Folder& rule) { return quote_toml((configuration.*rule.field).string()); },
          [&](const SocketPath& rule) { return quote_toml((configuration.*rule.field).string()); },
          [&](const Name& rule) { return quote_toml(configuration.*rule.field); },
          [&](const Choice& rule) { return quote_toml(rule.names[rule.get(configuration)]); }},
      key.rule);
}

std::vector<const Key*> changed_keys(const Configuration& before, const Configuration& after) {
  std::vector<const Key*> changed;
  for (const Key& key : kKeys)
    if (value_text(before, key) != value_text(after, key)) changed.push_back(&key);
  return changed;
}

}  // namespace portwatch::app
