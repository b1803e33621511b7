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

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
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

/// What is wrong in our words: the parser's begin with the option's name, and of an option there can only be
/// too little.
std::string parse_failure(const std::vector<OptionSpec>& options, std::string_view said) {
  const std::string_view name = said.substr(0, said.find(':'));
  const auto option = std::ranges::find(options, name, &OptionSpec::long_name);
  if (option == options.end() || option->is_switch()) return std::string(said);
  return fmt::format("{} needs a value: {} {}", name, name, option->value);
}

Arguments one_alone(std::string_view option) {
  Arguments arguments;
  arguments.add(std::string(option), {});
  return arguments;
}

/// A number below zero is a wrong port, not an option, but for switches that are digits (-4, -t6).
bool is_option(std::string_view word) {
  constexpr std::string_view kDigitSwitches = "46";
  if (word.size() < 2 || word.front() != '-') return false;
  return !is_digit(word[1]) || kDigitSwitches.contains(word[1]);
}

/// The arguments in what the parser left over. Errors: an option in it, as there is no such one.
base::Result<std::vector<std::string>> arguments_in(const CommandSpec& command,
                                                    const std::vector<std::string>& left_over) {
  std::vector<std::string> arguments;
  bool is_behind_mark = false;  // "--": options end there
  for (const std::string& word : left_over) {
    if (is_behind_mark || !is_option(word)) {
      arguments.push_back(word);
    } else if (word == "--") {
      is_behind_mark = true;
    } else {
      const auto options = options_of(command);
      std::vector<std::string_view> names;
      for (const OptionSpec& option : options) names.push_back(option.long_name);
      return usage_error(fmt::format("{}: no option {}{}", command.name, option_name(word),
                                     did_you_mean(option_name(word), names)));
    }
  }
  return arguments;
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
    else if (!is_option(words[i]))
      return i;
  }
  return words.size();
}

/// Somebody who writes this means a port, also when it is a wrong one: then `show` explains what is wrong.
bool looks_like_port(std::string_view word) {
  if (net::parse_port_query(word)) return true;
  const std::string_view number = word.substr(word.starts_with('-') ? 1 : 0);
  return word.find_first_of(":/") != std::string_view::npos || word.starts_with('[') ||
         (!number.empty() && is_digit(number.front()));
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
  std::vector<CLI::Option*> parsed_options;
  for (const OptionSpec& option : options) {
    parsed_options.push_back(option.is_switch()
                                 ? app.add_flag(flags_of(option))
                                 : app.add_option(flags_of(option))->expected(1)->allow_extra_args(false));
    parsed_options.back()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return usage_error(fmt::format("{}: {}", command.name, parse_failure(options, error.what())));
  }
  std::optional<std::string> failure;
  Arguments arguments;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const CLI::Option& parsed = *parsed_options[i];
    if (parsed.count() == 0) continue;
    // These are answers whatever else is wrong.
    if (options[i].long_name == "--help" || options[i].long_name == "--version")
      return one_alone(options[i].long_name);
    if (!options[i].is_switch() && parsed.count() > 1 && !options[i].is_repeatable)
      failure = fmt::format("{}: {} was given twice", command.name, options[i].long_name);
    if (!options[i].is_switch() && std::ranges::any_of(parsed.results(), &std::string::empty))
      failure = fmt::format("{}: {} needs a value, and what was given is empty", command.name,
                            options[i].long_name);
    arguments.add(options[i].long_name,
                  options[i].is_switch() ? std::vector<std::string>() : parsed.results());
  }
  if (failure) return usage_error(*failure);
  const auto rest = arguments_in(command, app.remaining());
  if (!rest) return std::unexpected(rest.error());
  std::size_t given = 0;
  for (const ArgumentSpec& argument : command.arguments) {
    const std::size_t taken =
        argument.is_repeatable ? rest->size() - given : std::min<std::size_t>(rest->size() - given, 1);
    if (taken == 0 && argument.is_required)
      return usage_error(fmt::format("{} needs {}: {}", command.name, argument.name, argument.help));
    const auto first = rest->begin() + static_cast<std::ptrdiff_t>(given);
    if (taken > 0) arguments.add(argument.name, {first, first + static_cast<std::ptrdiff_t>(taken)});
    given += taken;
  }
  if (given < rest->size()) {
    const std::string& extra = (*rest)[given];
    return usage_error(command.arguments.empty()
                           ? fmt::format("{} takes no argument, but got '{}'", command.name, extra)
                           : fmt::format("{}: '{}' is one argument too many", command.name, extra));
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
