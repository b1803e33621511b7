// SPDX-License-Identifier: Apache-2.0
#pragma once

// Programs that run other programs: python, node, a shell, java, the dynamic loader. What one of them runs is
// in its command line, so who it is takes reading the command line as the interpreter itself does, including
// the options that take a value: in `python3 -X dev app.py` the script is not "dev".
//
// An interpreter is recognised by the file name of its executable, which the kernel vouches for, never by
// argv[0].

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace portwatch::core {

/// How one interpreter reads its command line; a row of a table.
struct Interpreter;

/// The interpreter that an executable is, by its file name without a version ("python3.11", "ruby3.1"), or
/// null.
[[nodiscard]] const Interpreter* find_interpreter(std::string_view exe_path);

/// The executable's path without the minor version of an interpreter: "/usr/bin/python3" for
/// "/usr/bin/python3.11", so that an upgrade of the system changes nobody's identity.
[[nodiscard]] std::string_view without_minor_version(std::string_view exe_path);

struct Invocation {
  enum class Kind : std::uint8_t {
    kScript,      ///< a file, as written: it may be relative
    kUrl,         ///< a script that is fetched: deno run https://…, npm:…
    kModule,      ///< a name that the interpreter looks up itself
    kInline,      ///< code on the command line
    kBare,        ///< nothing to run is named: interactive, or code from standard input
    kOutOfSight,  ///< the command line was cut before it said
  };
  Kind kind = Kind::kBare;
  std::string target;   ///< the script, the module or the code
  std::string option;   ///< how it was asked for, for people: "-m", "-c", "-jar"; empty for a script
  std::string chdir;    ///< the folder that the interpreter changes to first, as written; empty: none
  bool is_cut = false;  ///< the target itself was cut

  bool operator==(const Invocation&) const = default;
};

/// What the interpreter runs. `argv` starts with argv[0].
[[nodiscard]] Invocation read_invocation(const Interpreter& interpreter, std::span<const std::string> argv,
                                         bool is_argv_truncated);

}  // namespace portwatch::core
