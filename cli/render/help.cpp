// SPDX-License-Identifier: Apache-2.0
#include "cli/render/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/render/line.h"
#include "common/base/text.h"

namespace portwatch::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpIndent = 2;
constexpr std::size_t kSummaryColumn = 18;
constexpr std::size_t kOptionColumn = 26;

/// Help is read like a page: never wider than 80 columns.
class HelpText {
 public:
  explicit HelpText(const View& view) : view_(view) {
    view_.columns = std::min(view.columns.value_or(kWidth), kWidth);
  }

  void heading(std::string_view text) {
    blank();
    text_ += Line(text, Style::kStrong).render(view_);
  }
  void paragraph(const Line& line) {
    for (const Line& part : line.wrap(*view_.columns)) text_ += part.render(view_);
  }
  /// A term, and what it means from `column` on; below it when the term is too long.
  void entry(const Line& term, std::size_t column, const Line& meaning) {
    Line line;
    line.pad_to(kHelpIndent).add(term);
    if (meaning.empty() || line.width() + 1 >= column) {
      text_ += line.render(view_);
      line = Line();
    }
    if (meaning.empty()) return;
    for (const Line& part : meaning.wrap(*view_.columns > column + 20 ? *view_.columns - column : 20)) {
      text_ += line.pad_to(column).add(part).render(view_);
      line = Line();
    }
  }
  void blank() {
    if (!text_.empty()) text_ += "\n";
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  View view_;
  std::string text_;
};

std::vector<std::string_view> paragraphs_of(std::string_view text) {
  std::vector<std::string_view> paragraphs;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    paragraphs.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return paragraphs;
}

std::string usage_of(const CommandSpec& command) {
  std::string usage = fmt::format("portwatchctl {} [OPTION]...", command.name);
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string name = std::string(argument.name) + (argument.is_repeatable ? "..." : "");
    usage += argument.is_required ? " " + name : " [" + name + "]";
  }
  return usage;
}

void add_options(HelpText& help, const std::vector<OptionSpec>& options) {
  for (const OptionSpec& option : options) {
    Line term(option.short_name.empty() ? std::string("    ") : fmt::format("{}, ", option.short_name));
    term.add(option.long_name);
    if (!option.is_switch()) term.add(" ").add(option.value);
    help.entry(term, kOptionColumn, Line(option.help));
  }
}

/// The common notes, each replaced where the command says more, and those that only the command has.
std::vector<ExitNote> exit_notes_of(const CommandSpec& command) {
  std::vector<ExitNote> notes = command.exit_notes;
  for (const ExitNote& common : common_exit_notes()) {
    const bool needs_daemon = common.code == ExitCode::kNoDaemon || common.code == ExitCode::kDenied;
    const bool is_no_question = common.code == ExitCode::kNo;
    const bool is_told = std::ranges::find(notes, common.code, &ExitNote::code) != notes.end();
    if (!is_told && !is_no_question && (command.is_talking_to_daemon || !needs_daemon))
      notes.push_back(common);
  }
  std::ranges::sort(notes, {}, &ExitNote::code);
  return notes;
}

void add_exit_notes(HelpText& help, const std::vector<ExitNote>& notes) {
  help.heading("Exit codes:");
  for (const ExitNote& note : notes)
    help.entry(Line(fmt::format("{}", static_cast<int>(note.code))), 5, Line(note.meaning));
}

}  // namespace

std::string render_overview(const View& view) {
  HelpText help(view);
  help.paragraph(
      Line("portwatchctl", Style::kStrong)
          .add(" asks portwatchd who listens on this machine, since when, and whether they should."));
  help.heading("Usage:");
  help.entry(Line("portwatchctl COMMAND [OPTION]... [ARGUMENT]..."), kWidth, Line());
  help.entry(Line("portwatchctl PORT"), kOptionColumn, Line("the same as: portwatchctl show PORT"));
  help.entry(Line("portwatchctl"), kOptionColumn, Line("the same as: portwatchctl status"));
  std::string_view group;
  for (const CommandSpec& command : all_commands()) {
    if (command.group != group) help.heading(fmt::format("{}:", command.group));
    group = command.group;
    help.entry(Line(command.name, Style::kStrong), kSummaryColumn, Line(command.summary));
  }
  help.heading("Options of every command:");
  add_options(help, common_options());
  help.heading("To begin:");
  help.entry(Line("portwatchctl"), kOptionColumn, Line("is it watching, and what wants attention?"));
  help.entry(Line("portwatchctl 3000"), kOptionColumn,
             Line("who holds port 3000, since when, started by whom?"));
  help.entry(Line("portwatchctl watch"), kOptionColumn, Line("see listeners come and go"));
  help.entry(Line("portwatchctl help list"), kOptionColumn, Line("more on a command, with examples"));
  add_exit_notes(help, common_exit_notes());
  help.blank();
  help.paragraph(
      Line("portwatchctl is also installed as portwatch. PORTWATCH_SOCKET names the socket when --socket "
           "does not. NO_COLOR turns colours off."));
  return help.take();
}

std::string render_command_help(const View& view, const CommandSpec& command) {
  HelpText help(view);
  help.paragraph(Line("Usage: ").add(usage_of(command), Style::kStrong));
  help.blank();
  help.paragraph(Line(command.summary));
  for (const std::string_view paragraph : paragraphs_of(command.details)) {
    help.blank();
    help.paragraph(Line(paragraph));
  }
  if (!command.arguments.empty()) help.heading("Arguments:");
  for (const ArgumentSpec& argument : command.arguments)
    help.entry(Line(argument.name), kOptionColumn, Line(argument.help));
  if (!command.options.empty()) help.heading("Options:");
  add_options(help, command.options);
  help.heading("Common options:");
  const auto options = options_of(command);
  add_options(help, {options.begin() + static_cast<std::ptrdiff_t>(command.options.size()), options.end()});
  if (!command.examples.empty()) help.heading("Examples:");
  for (const Example& example : command.examples) {
    help.entry(Line(example.command), kWidth, Line());
    help.entry(Line(), 6, Line(example.meaning, Style::kFaint));
  }
  add_exit_notes(help, exit_notes_of(command));
  return help.take();
}

}  // namespace portwatch::cli
