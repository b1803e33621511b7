// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/interpreter.h"

#include <algorithm>
#include <array>
#include <optional>

namespace portwatch::core {

namespace {

using Words = std::span<const std::string_view>;

/// How short options are written.
enum class Style : std::uint8_t {
  kGetopt,  ///< one letter each, several after one dash, a value joined or in the next argument
  kShell,   ///< as getopt, but the code of -c is the first operand (POSIX sh)
  kWords,   ///< whole words after one dash or two: java -cp, node --require
};

/// What the first argument that is no option means.
enum class Operand : std::uint8_t { kScript, kCode, kClass };

struct Subcommand {
  std::string_view word;
  Operand operand;
};

}  // namespace

struct Interpreter {
  std::string_view name;   ///< the executable's file name without a version
  bool is_prefix = false;  ///< the file name only starts with `name`
  Style style = Style::kGetopt;
  std::string_view code = {};    ///< letters of options whose value is code
  std::string_view module = {};  ///< … is a module
  std::string_view script = {};  ///< … is the script
  std::string_view chdir = {};   ///< … is a folder to change to
  std::string_view server = {};  ///< … is an address to listen on: the interpreter's own server
  std::string_view value = {};   ///< … is something else
  std::string_view joined = {};  ///< letters that take the rest of their argument, never the next one
  Words code_words = {};         ///< the same for whole words
  Words module_words = {};
  Words script_words = {};
  Words chdir_words = {};
  Words value_words = {};
  std::span<const Subcommand> subcommands = {};
  Operand operand = Operand::kScript;
  bool ends_at_code = false;  ///< what follows the code is the code's own
  bool has_urls = false;      ///< a script may be a URL
  bool is_multicall = false;  ///< many programs in one file, chosen by argv[0] or by the first word
};

namespace {

constexpr auto kPythonValues = std::to_array<std::string_view>({"--check-hash-based-pycs"});
constexpr auto kRubyValues =
    std::to_array<std::string_view>({"--encoding", "--external-encoding", "--internal-encoding"});
constexpr auto kPhpCode =
    std::to_array<std::string_view>({"--run", "--process-code", "--process-begin", "--process-end"});
constexpr auto kPhpScripts = std::to_array<std::string_view>({"--file", "--process-file"});
constexpr auto kPhpFolders = std::to_array<std::string_view>({"--docroot"});
constexpr auto kPhpValues = std::to_array<std::string_view>({"--php-ini", "--define", "--zend-extension"});
constexpr auto kShellValues = std::to_array<std::string_view>({"--rcfile", "--init-file"});
constexpr auto kFishCode = std::to_array<std::string_view>({"--command", "--init-command"});
constexpr auto kFishValues =
    std::to_array<std::string_view>({"--debug", "--debug-output", "--features", "--profile"});
constexpr auto kGawkScripts = std::to_array<std::string_view>({"--file", "--exec"});
constexpr auto kGawkCode = std::to_array<std::string_view>({"--source"});
constexpr auto kGawkValues =
    std::to_array<std::string_view>({"--field-separator", "--assign", "--include", "--load"});

constexpr auto kNodeCode = std::to_array<std::string_view>({"-e", "--eval", "-p", "--print", "-pe"});
constexpr auto kNodeModules = std::to_array<std::string_view>({"--run"});
constexpr auto kNodeValues = std::to_array<std::string_view>({"-r",
                                                              "--require",
                                                              "--import",
                                                              "--loader",
                                                              "--experimental-loader",
                                                              "-C",
                                                              "--conditions",
                                                              "--title",
                                                              "--env-file",
                                                              "--icu-data-dir",
                                                              "--openssl-config",
                                                              "--watch-path",
                                                              "--dns-result-order",
                                                              "--diagnostic-dir",
                                                              "--redirect-warnings",
                                                              "--trace-event-categories",
                                                              "--trace-event-file-pattern",
                                                              "--unhandled-rejections",
                                                              "--tls-cipher-list",
                                                              "--tls-keylog",
                                                              "--report-dir",
                                                              "--report-directory",
                                                              "--report-filename",
                                                              "--report-signal",
                                                              "--disable-warning",
                                                              "--input-type",
                                                              "--inspect-port",
                                                              "--debug-port",
                                                              "--experimental-default-type",
                                                              "--test-name-pattern",
                                                              "--test-reporter",
                                                              "--test-reporter-destination"});

constexpr auto kDenoCommands = std::to_array<Subcommand>({{"run", Operand::kScript},
                                                          {"serve", Operand::kScript},
                                                          {"test", Operand::kScript},
                                                          {"bench", Operand::kScript},
                                                          {"task", Operand::kClass},
                                                          {"eval", Operand::kCode},
                                                          {"repl", Operand::kScript}});
constexpr auto kDenoValues = std::to_array<std::string_view>(
    {"-c", "--config", "--import-map", "--cert", "--location", "--seed", "-L", "--log-level", "--port",
     "--host", "--ext", "--v8-flags", "--preload", "--env-file"});
constexpr auto kBunCode = std::to_array<std::string_view>({"-e", "--eval", "-p", "--print"});
constexpr auto kBunFolders = std::to_array<std::string_view>({"--cwd"});
constexpr auto kBunValues = std::to_array<std::string_view>(
    {"-r", "--preload", "--require", "--import", "-c", "--config", "--port", "--env-file",
     "--tsconfig-override", "-d", "--define", "-l", "--loader", "--filter", "-F", "--conditions"});
constexpr auto kBunCommands = std::to_array<Subcommand>(
    {{"run", Operand::kScript}, {"x", Operand::kClass}, {"test", Operand::kScript}});

constexpr auto kJavaScripts = std::to_array<std::string_view>({"-jar"});
constexpr auto kJavaModules = std::to_array<std::string_view>({"-m", "--module"});
constexpr auto kJavaValues = std::to_array<std::string_view>(
    {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules",
     "--limit-modules", "--add-reads", "--add-exports", "--add-opens", "--patch-module",
     "--enable-native-access", "--source", "-d", "--describe-module"});

constexpr auto kDotnetCommands = std::to_array<Subcommand>({{"exec", Operand::kScript}});
constexpr auto kDotnetValues = std::to_array<std::string_view>(
    {"--depsfile", "--runtimeconfig", "--additionalprobingpath", "--additional-deps", "--fx-version",
     "--roll-forward", "--roll-forward-on-no-candidate-fx"});

constexpr auto kLoaderValues =
    std::to_array<std::string_view>({"--library-path", "--inhibit-rpath", "--audit", "--preload", "--argv0",
                                     "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask"});

constexpr auto kInterpreters = std::to_array<Interpreter>({
    {.name = "python",
     .code = "c",
     .module = "m",
     .value = "WXQ",
     .value_words = kPythonValues,
     .ends_at_code = true},
    {.name = "pypy",
     .code = "c",
     .module = "m",
     .value = "WXQ",
     .value_words = kPythonValues,
     .ends_at_code = true},
    {.name = "perl", .code = "eE", .value = "I", .joined = "CDFMVdimx"},
    {.name = "ruby",
     .code = "e",
     .chdir = "CX",
     .value = "rIE",
     .joined = "FKTWix",
     .value_words = kRubyValues},
    {.name = "php",
     .code = "rBRE",
     .script = "fF",
     .chdir = "t",
     .server = "S",
     .value = "cdz",
     .code_words = kPhpCode,
     .script_words = kPhpScripts,
     .chdir_words = kPhpFolders,
     .value_words = kPhpValues},
    {.name = "lua", .code = "e", .value = "l"},
    {.name = "luajit", .code = "e", .value = "l", .joined = "jOb"},
    {.name = "tclsh"},
    {.name = "gawk",
     .code = "e",
     .script = "fE",
     .value = "Fvil",
     .code_words = kGawkCode,
     .script_words = kGawkScripts,
     .value_words = kGawkValues,
     .operand = Operand::kCode},
    {.name = "sh", .style = Style::kShell, .value_words = kShellValues},
    {.name = "bash", .style = Style::kShell, .value_words = kShellValues},
    {.name = "dash", .style = Style::kShell},
    {.name = "ash", .style = Style::kShell},
    {.name = "ksh", .style = Style::kShell},
    {.name = "mksh", .style = Style::kShell},
    {.name = "zsh", .style = Style::kShell},
    {.name = "fish", .code = "cC", .value = "dofp", .code_words = kFishCode, .value_words = kFishValues},
    {.name = "node",
     .style = Style::kWords,
     .code_words = kNodeCode,
     .module_words = kNodeModules,
     .value_words = kNodeValues,
     .has_urls = true},
    {.name = "nodejs",
     .style = Style::kWords,
     .code_words = kNodeCode,
     .module_words = kNodeModules,
     .value_words = kNodeValues,
     .has_urls = true},
    {.name = "deno",
     .style = Style::kWords,
     .value_words = kDenoValues,
     .subcommands = kDenoCommands,
     .has_urls = true},
    {.name = "bun",
     .style = Style::kWords,
     .code_words = kBunCode,
     .chdir_words = kBunFolders,
     .value_words = kBunValues,
     .subcommands = kBunCommands,
     .has_urls = true},
    {.name = "java",
     .style = Style::kWords,
     .module_words = kJavaModules,
     .script_words = kJavaScripts,
     .value_words = kJavaValues,
     .operand = Operand::kClass},
    {.name = "dotnet", .style = Style::kWords, .value_words = kDotnetValues, .subcommands = kDotnetCommands},
    {.name = "busybox", .is_multicall = true},
    {.name = "toybox", .is_multicall = true},
    {.name = "ld-linux", .is_prefix = true, .style = Style::kWords, .value_words = kLoaderValues},
    {.name = "ld-musl", .is_prefix = true, .style = Style::kWords, .value_words = kLoaderValues},
});

bool contains(Words words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}
bool contains(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
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
  if (!argv.empty() && file_name(argv.front()) == box.name) argv = argv.subspan(1);
  if (argv.empty() || argv.front().empty()) return {};
  std::string_view applet = file_name(argv.front());
  if (applet.starts_with('-')) applet.remove_prefix(1);
  const Interpreter* shell = find_interpreter(applet);
  if (shell != nullptr && shell->style == Style::kShell) return Walk(*shell, argv, is_truncated).run();
  return {.kind = Invocation::Kind::kModule, .target = std::string(applet)};
}

}  // namespace

const Interpreter* find_interpreter(std::string_view exe_path) {
  const std::string_view name = file_name(exe_path);
  const std::string_view plain = without_version(name);
  const auto found = std::ranges::find_if(kInterpreters, [&](const Interpreter& interpreter) {
    return interpreter.is_prefix ? name.starts_with(interpreter.name) : plain == interpreter.name;
  });
  return found == kInterpreters.end() ? nullptr : &*found;
}

std::string_view without_minor_version(std::string_view exe_path) {
  const std::string_view name = file_name(exe_path);
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
