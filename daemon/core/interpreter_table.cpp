// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/interpreter_table.h"

#include <array>

namespace portwatch::core {
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

}  // namespace

std::span<const Interpreter> interpreters() {
  return kInterpreters;
}

}  // namespace portwatch::core
