// SPDX-License-Identifier: Apache-2.0
#pragma once

// How each interpreter reads its command line, as its manual says: one row for one program. A new interpreter
// is a new row.

#include <cstdint>
#include <span>
#include <string_view>

namespace portwatch::core {

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

[[nodiscard]] std::span<const Interpreter> interpreters();

}  // namespace portwatch::core
