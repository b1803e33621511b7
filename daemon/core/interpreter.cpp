// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/interpreter.h"

#include <algorithm>

#include "common/base/text.h"
#include "daemon/core/interpreter_table.h"

namespace portwatch::core {
namespace {

bool contains(Words words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}
bool contains(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "python" of "python3.11", "lua" of "lua5.4"; a name without a version as it is.
std::string_view without_version(std::string_view name) {
  const std::size_t end = name.find_last_not_of("0123456789.-");
  return end == std::string_view::npos ? name : name.substr(0, end + 1);
}

/// RFC 3986 3.1, of two letters at least: "https:", "npm:", "node:".
bool has_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return false;
  return std::ranges::all_of(text.substr(0, colon), [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

/// One reading of one command line.
class Walk {
 public:
  Walk(const Interpreter& interpreter, std::span<const std::string> argv, bool is_truncated)
      : interpreter_(interpreter), argv_(argv), is_truncated_(is_truncated), operand_(interpreter.operand) {}

  Invocation run() {
    while (!is_done_ && next_ < argv_.size()) {
      const std::string_view argument = argv_[next_++];
      if (argument == "-" || argument.empty()) {
        finish(Invocation::Kind::kBare, {}, {});
      } else if (argument == "--") {
        if (next_ < argv_.size()) take_operand(argv_[next_++]);
        is_done_ = true;
      } else if (argument.front() == '-' ||
                 (argument.front() == '+' && interpreter_.style == Style::kShell)) {
        take_option(argument);
      } else if (interpreter_.operand == Operand::kClass && argument.front() == '@') {
        has_argument_file_ = true;
      } else {
        take_operand(argument);
      }
    }
    return conclude();
  }

 private:
  void take_option(std::string_view argument) {
    if (argument.starts_with("--") || interpreter_.style == Style::kWords)
      take_word(argument);
    else if (interpreter_.style == Style::kShell)
      take_shell_letters(argument);
    else
      take_letters(argument);
  }

  void take_word(std::string_view argument) {
    const std::size_t equals = argument.find('=');
    const std::string_view word = argument.substr(0, equals);
    const auto value = [&]() -> std::string_view {
      return equals == std::string_view::npos ? next_argument() : argument.substr(equals + 1);
    };
    if (contains(interpreter_.code_words, word)) {
      add_code(value(), word);
    } else if (contains(interpreter_.module_words, word)) {
      finish(Invocation::Kind::kModule, value(), word);
    } else if (contains(interpreter_.script_words, word)) {
      finish(Invocation::Kind::kScript, value(), word);
    } else if (contains(interpreter_.chdir_words, word)) {
      result_.chdir = value();
    } else if (contains(interpreter_.value_words, word)) {
      static_cast<void>(value());
    }
  }

  void take_letters(std::string_view argument) {
    for (std::size_t i = 1; i < argument.size(); ++i) {
      const char letter = argument[i];
      const std::string_view rest = argument.substr(i + 1);
      const auto value = [&]() -> std::string_view { return rest.empty() ? next_argument() : rest; };
      const std::string option{'-', letter};
      if (contains(interpreter_.code, letter)) return add_code(value(), option);
      if (contains(interpreter_.module, letter)) return finish(Invocation::Kind::kModule, value(), option);
      if (contains(interpreter_.script, letter)) return finish(Invocation::Kind::kScript, value(), option);
      if (contains(interpreter_.joined, letter)) return;
      if (contains(interpreter_.chdir, letter)) {
        result_.chdir = value();
        return;
      }
      if (contains(interpreter_.server, letter)) {
        static_cast<void>(value());
        is_server_ = true;
        return;
      }
      if (contains(interpreter_.value, letter)) {
        static_cast<void>(value());
        return;
      }
    }
  }

  void take_shell_letters(std::string_view argument) {
    const bool is_off = argument.front() == '+';
    for (const char letter : argument.substr(1)) {
      if (letter == 'c' && !is_off) operand_ = Operand::kCode;
      if (letter == 's' && !is_off) reads_standard_input_ = true;
      if (letter == 'o' || letter == 'O') static_cast<void>(next_argument());
    }
  }

  void take_operand(std::string_view argument) {
    if (has_code_) {
      is_done_ = true;
      return;
    }
    if (!has_subcommand_) {
      const auto found = std::ranges::find(interpreter_.subcommands, argument, &Subcommand::word);
      if (found != interpreter_.subcommands.end()) {
        has_subcommand_ = true;
        operand_ = found->operand;
        subcommand_ = argument;
        return;
      }
    }
    if (operand_ == Operand::kCode) {
      finish(Invocation::Kind::kInline, argument, interpreter_.style == Style::kShell ? "-c" : subcommand_);
    } else if (operand_ == Operand::kClass && !argument.ends_with(".java")) {
      finish(Invocation::Kind::kModule, argument, subcommand_);
    } else if (!reads_standard_input_) {
      finish(Invocation::Kind::kScript, argument, {});
    } else {
      is_done_ = true;
    }
  }

  std::string_view next_argument() { return next_ < argv_.size() ? std::string_view(argv_[next_++]) : ""; }

  /// Perl and ruby run all of their -e, so all of it is the program.
  void add_code(std::string_view code, std::string_view option) {
    if (has_code_) result_.target += '\n';
    result_.target += code;
    result_.option = option;
    result_.kind = Invocation::Kind::kInline;
    result_.is_cut = is_truncated_ && next_ >= argv_.size();
    has_code_ = true;
    is_done_ = interpreter_.ends_at_code;
  }

  void finish(Invocation::Kind kind, std::string_view target, std::string_view option) {
    is_done_ = true;
    if (has_code_) return;
    result_.kind = kind;
    result_.target = target;
    result_.option = option;
    result_.is_cut = is_truncated_ && next_ >= argv_.size();
  }

  Invocation conclude() {
    if (is_server_ && result_.kind == Invocation::Kind::kScript) result_.chdir.clear();
    if (interpreter_.has_urls && result_.kind == Invocation::Kind::kScript && has_scheme(result_.target)) {
      if (result_.target.starts_with("file://"))
        result_.target.erase(0, std::string_view("file://").size());
      else
        result_.kind = Invocation::Kind::kUrl;
    }
    if (is_done_ || has_code_) return result_;
    if (is_truncated_ || has_argument_file_) {
      result_.kind = Invocation::Kind::kOutOfSight;
    } else if (is_server_) {
      result_.kind = Invocation::Kind::kModule;
      result_.option = "-S";
    } else if (!subcommand_.empty()) {
      result_.kind = Invocation::Kind::kModule;
      result_.option = subcommand_;
    }
    return result_;
  }

  const Interpreter& interpreter_;
  std::span<const std::string> argv_;
  bool is_truncated_;
  std::size_t next_ = 1;
  Operand operand_;
  std::string_view subcommand_;
  bool has_subcommand_ = false;
  bool has_code_ = false;
  bool has_argument_file_ = false;
  bool is_server_ = false;
  bool reads_standard_input_ = false;
  bool is_done_ = false;
  Invocation result_;
};

/// Here argv[0] does count: it is how such a file is told what to be.
Invocation read_applet(const Interpreter& box, std::span<const std::string> argv, bool is_truncated) {
  if (!argv.empty() && base::file_name(argv.front()) == box.name) argv = argv.subspan(1);
  if (argv.empty() || argv.front().empty()) return {};
  std::string_view applet = base::file_name(argv.front());
  if (applet.starts_with('-')) applet.remove_prefix(1);
  const Interpreter* shell = find_interpreter(applet);
  if (shell != nullptr && shell->style == Style::kShell) return Walk(*shell, argv, is_truncated).run();
  return {.kind = Invocation::Kind::kModule, .target = std::string(applet)};
}

}  // namespace

const Interpreter* find_interpreter(std::string_view exe_path) {
  const std::string_view name = base::file_name(exe_path);
  const std::string_view plain = without_version(name);
  const auto found = std::ranges::find_if(interpreters(), [&](const Interpreter& interpreter) {
    return interpreter.is_prefix ? name.starts_with(interpreter.name) : plain == interpreter.name;
  });
  return found == interpreters().end() ? nullptr : &*found;
}

std::string_view without_minor_version(std::string_view exe_path) {
  const std::string_view name = base::file_name(exe_path);
  const std::size_t folder = exe_path.size() - name.size();
  const std::size_t dot = name.find('.', without_version(name).size());
  return dot == std::string_view::npos ? exe_path : exe_path.substr(0, folder + dot);
}

Invocation read_invocation(const Interpreter& interpreter, std::span<const std::string> argv,
                           bool is_argv_truncated) {
  return interpreter.is_multicall ? read_applet(interpreter, argv, is_argv_truncated)
                                  : Walk(interpreter, argv, is_argv_truncated).run();
}

}  // namespace portwatch::core
