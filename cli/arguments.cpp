// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "common/base/text.h"
#include "common/net/port_query.h"

namespace portwatch::cli {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto nearest = base::nearest(word, candidates);
  return nearest ? fmt::format("; did you mean {}?", *nearest) : std::string();
}

/// The part of "--since=10m" that names the option.
std::string_view option_name(std::string_view word) {
  return word.substr(0, word.find('='));
}

std::unexpected<base::Error> usage_error(std::string message) {
  return base::fail(base::ErrorCode::kInvalidArgument, std::move(message));
}

std::string flags_of(const OptionSpec& option) {
  return option.short_name.empty() ? std::string(option.long_name)
                                   : fmt::format("{},{}", option.short_name, option.long_name);
}

/// What was left over: options that do not exist, or more arguments than the command takes.
std::string describe_extras(const CommandSpec& command, const std::vector<std::string>& extras) {
  const std::string& extra = extras.front();
  if (extra.size() > 1 && extra.starts_with('-')) {
    std::vector<std::string_view> names;
    const auto options = options_of(command);
    for (const OptionSpec& option : options) names.push_back(option.long_name);
    return fmt::format("{}: no option {}{}", command.name, option_name(extra),
                       did_you_mean(option_name(extra), names));
  }
  if (command.arguments.empty())
    return fmt::format("{} takes no argument, but got '{}'", command.name, extra);
  return fmt::format("{}: '{}' is one argument too many", command.name, extra);
}

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> names;
  for (const CommandSpec& command : all_commands())
    if (!command.name.contains(' ')) names.push_back(command.name);
  return names;
}

bool is_in(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Whether the next word belongs to this one: for an option of any command whose name begins like that.
bool takes_value(std::string_view word, std::string_view command_prefix) {
  return std::ranges::any_of(all_commands(), [&](const CommandSpec& command) {
    if (!command.name.starts_with(command_prefix)) return false;
    return std::ranges::any_of(options_of(command), [&](const OptionSpec& option) {
      return !option.is_switch() &&
             (word == option.long_name || (word == option.short_name && !word.empty()));
    });
  });
}

/// Where the first word stands that is neither an option nor the value of one.
std::size_t find_command_word(const std::vector<std::string>& words, std::string_view command_prefix) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (takes_value(words[i], command_prefix))
      ++i;
    else if (!words[i].starts_with('-') || words[i] == "-")
      return i;
  }
  return words.size();
}

/// Somebody who writes this means a port, also when it is a wrong one: then `show` explains what is wrong.
bool looks_like_port(std::string_view word) {
  if (net::parse_port_query(word)) return true;
  return word.starts_with(':') || word.starts_with('[') ||
         (!word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos);
}

}  // namespace

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::nullopt
                                                         : std::optional(found->second.front());
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

base::Result<Arguments> parse_arguments(const CommandSpec& command, const std::vector<std::string>& words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto options = options_of(command);
  std::vector<std::vector<std::string>> option_values(options.size());
  std::vector<CLI::Option*> parsed_options;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const OptionSpec& spec = options[i];
    parsed_options.push_back(
        spec.is_switch()
            ? app.add_flag(flags_of(spec))
            : app.add_option(flags_of(spec), option_values[i])->expected(1)->allow_extra_args(false));
    parsed_options.back()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  std::vector<std::vector<std::string>> argument_values(command.arguments.size());
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    CLI::Option* argument = app.add_option(std::string(command.arguments[i].name), argument_values[i]);
    argument->expected(0, command.arguments[i].is_repeatable ? CLI::detail::expected_max_vector_size : 1);
  }

  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return usage_error(fmt::format("{}: {}", command.name, error.what()));
  }
  // --help is an answer whatever else is wrong.
  const auto help = std::ranges::find(options, "--help", &OptionSpec::long_name);
  const bool wants_help =
      help != options.end() && parsed_options[static_cast<std::size_t>(help - options.begin())]->count() > 0;
  if (const auto extras = app.remaining(); !extras.empty() && !wants_help)
    return usage_error(describe_extras(command, extras));

  Arguments arguments;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (parsed_options[i]->count() == 0) continue;
    if (option_values[i].size() > 1 && !options[i].is_repeatable)
      return usage_error(fmt::format("{}: {} was given twice", command.name, options[i].long_name));
    arguments.add(options[i].long_name, option_values[i]);
  }
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    if (!argument_values[i].empty())
      arguments.add(command.arguments[i].name, argument_values[i]);
    else if (command.arguments[i].is_required && !wants_help)
      return usage_error(
          fmt::format("{} needs {}: {}", command.name, command.arguments[i].name, command.arguments[i].help));
  }
  return arguments;
}

base::Result<Invocation> find_invocation(std::vector<std::string> words) {
  const std::size_t place = find_command_word(words, "");
  if (place == words.size()) return Invocation{.command = "status", .words = std::move(words)};
  const std::string word = words[place];
  if (find_command(word) == nullptr) {
    if (looks_like_port(word)) return Invocation{.command = "show", .words = std::move(words)};
    return base::fail(base::ErrorCode::kNotFound,
                      fmt::format("no command '{}'{}", word, did_you_mean(word, first_words())));
  }
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(place));
  Invocation invocation{.command = word, .words = std::move(words)};

  const std::size_t second = find_command_word(invocation.words, word);
  if (second == invocation.words.size()) return invocation;
  std::vector<std::string_view> subcommands;
  const std::string prefix = word + " ";
  for (const CommandSpec& command : all_commands())
    if (command.name.starts_with(prefix)) subcommands.push_back(command.name.substr(prefix.size()));
  if (subcommands.empty()) return invocation;
  const std::string subcommand = invocation.words[second];
  if (!is_in(subcommands, subcommand))
    return base::fail(base::ErrorCode::kNotFound, fmt::format("no command '{} {}'{}", word, subcommand,
                                                              did_you_mean(subcommand, subcommands)));
  invocation.command = prefix + subcommand;
  invocation.words.erase(invocation.words.begin() + static_cast<std::ptrdiff_t>(second));
  return invocation;
}

}  // namespace portwatch::cli
