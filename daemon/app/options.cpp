// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/base/text.h"
#include "common/base/version.h"

namespace portwatch::app {
namespace {

constexpr const char* kDescription =
    "portwatchd remembers who listens on this machine, and says when somebody new does.\n"
    "It stays in the foreground, writes its log to stderr (under systemd: to the journal), and says "
    "\"ready\" once\n"
    "portwatchctl can ask it.";

constexpr const char* kFooter =
    "Signals: SIGTERM and SIGINT stop it, SIGHUP reads the configuration again.\n"
    "Exit status: 0 stopped as asked, 2 wrong usage or configuration, 4 not permitted, 6 another failure.\n"
    "\n"
    "Examples:\n"
    "  portwatchd                              watch, with the usual places\n"
    "  portwatchd --state-dir /tmp/pw --socket /tmp/pw/portwatch.sock\n"
    "                                          beside an installed service\n"
    "  portwatchd --once                       who listens right now, as JSON\n"
    "  portwatchd --record trace.jsonl         watch, and write down what is seen\n"
    "  portwatchd --replay trace.jsonl --once  what happened in a recording, as JSON\n"
    "  portwatchd --check-config --config /etc/portwatch/portwatch.toml\n"
    "\n"
    "Read more: portwatchd(8), portwatch.toml(5), portwatchctl(1)";

/// What is wrong in a sentence that says what to do; the parser's own words where we know no better ones.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const std::string said = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extras = app.remaining();
    const std::string word = extras.empty() ? std::string() : extras.front();
    return word.starts_with('-') && word.size() > 1 ? fmt::format("there is no option {}", word)
                                                    : fmt::format("it takes no argument, but got '{}'", word);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
    return "--once and --check-config exclude each other: give one of them";
  const std::string name = said.substr(0, said.find(':'));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr || option == nullptr) return said;
  if (option->count() > 1) return fmt::format("{} is given {} times: give it once", name, option->count());
  return fmt::format("{} needs a value: {} {}", name, name, option->get_type_name());
}

/// What cannot be asked for at once; empty when all is well.
std::string_view contradiction(const Options& options) {
  if (options.record && options.replay) return "--record and --replay exclude each other: give one of them";
  if (options.record && (options.once || options.check_config))
    return "--record goes with watching alone, not with --once or --check-config";
  if (options.replay && options.check_config)
    return "--replay and --check-config exclude each other: give one of them";
  if (options.replay && !options.once && !options.state_directory)
    return "--replay needs a folder for what comes of it, --state-dir DIR, or --once to print that";
  return "";
}

std::string option_suggestion(const CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  for (const std::string& argument : arguments) {
    const std::string word = argument.substr(0, argument.find('='));
    if (!word.starts_with("--") || std::ranges::find(candidates, word) != candidates.end()) continue;
    if (const auto near = base::nearest(word, candidates)) return fmt::format("did you mean {}?\n", *near);
  }
  return "";
}

}  // namespace

std::expected<Options, Exit> parse_options(std::span<const std::string> arguments) {
  CLI::App app(kDescription, "portwatchd");
  app.footer(kFooter);
  app.get_formatter()->column_width(32);
  app.set_version_flag("-V,--version", fmt::format("portwatchd {}", base::kVersion),
                       "Show the version and end");

  const CLI::Validator not_empty(
      [](const std::string& value) { return value.empty() ? "it must not be empty" : ""; }, "");
  Options options;
  std::string config, state_directory, socket, level, record, replay;
  app.add_option("--config", config, "Read this configuration file; it must exist")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--state-dir", state_directory, "Keep the database in this folder")
      ->check(not_empty)
      ->type_name("DIR");
  app.add_option("--socket", socket, "Answer on this Unix socket")
      ->check(not_empty)
      ->type_name("PATH")
      ->envname("PORTWATCH_SOCKET");
  app.add_option("--log-level", level, "What is worth saying")
      ->type_name("LEVEL")
      ->check(CLI::Validator(
          [](const std::string& value) {
            constexpr auto& levels = base::kEnumNames<LogLevel>;
            return std::ranges::find(levels, value) != levels.end()
                       ? std::string()
                       : fmt::format("'{}' is none of {}", value, fmt::join(levels, ", "));
          },
          ""));
  app.add_option("--record", record, "Write all that is seen to this new file, to replay it")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--replay", replay, "See what this file recorded, not this machine")
      ->check(not_empty)
      ->type_name("FILE");
  auto* check = app.add_flag("--check-config", options.check_config, "Check the configuration and end");
  app.add_flag("--once", options.once,
               "Look once, print who listens as JSON, and end: nothing is stored. With --replay: print the "
               "events")
      ->excludes(check);

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::Success& success) {
    std::ostringstream out, err;
    app.exit(success, out, err);
    return std::unexpected(Exit{kExitOk, out.str(), err.str()});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(Exit{
        kExitUsage, "",
        fmt::format("portwatchd: {}\n{}portwatchd --help shows what there is\n",
                    base::escape_for_terminal(complaint(app, error)), option_suggestion(app, arguments))});
  }
  if (app.count("--config") > 0) options.config = config;
  if (app.count("--state-dir") > 0) options.state_directory = state_directory;
  if (!record.empty()) options.record = record;
  if (!replay.empty()) options.replay = replay;
  // The environment names the socket of who really watches.
  const bool is_socket_typed = std::ranges::any_of(
      arguments, [](const std::string& argument) { return argument.starts_with("--socket"); });
  if (!socket.empty() && (is_socket_typed || !options.replay)) options.socket = socket;
  if (!level.empty()) options.log_level = base::enum_from_name<LogLevel>(level);
  if (const std::string_view mistake = contradiction(options); !mistake.empty())
    return std::unexpected(Exit{
        kExitUsage, "", fmt::format("portwatchd: {}\nportwatchd --help shows what there is\n", mistake)});
  return options;
}

}  // namespace portwatch::app
