# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: every #include and every link edge against the two tables of ARCHITECTURE.md.

The table of folders ("Folder", "May include", "Libraries") says which of our folders and which libraries a folder may use; a
row covers the folders below it that have no row of their own. The table of libraries ("Library", "Headers") says which
headers belong to a library. Standard C++ headers and {fmt} are for everybody. `OS` stands for every other header, and such
a header may stand only where one OS is meant: NAME_linux.cpp, NAME_posix.cpp, …, or a folder named after an OS.
"""
import fnmatch
import re

import harness
from harness import Case, Finding

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream functional
future generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map mdspan memory
memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stop_token streambuf string string_view
strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
variant vector version""".split())
FOR_EVERYBODY = {"fmt"}
OS_NAMES = "linux|macos|windows|posix"
OS_FILE = re.compile(rf"(^|/)({OS_NAMES})/|_({OS_NAMES})(_test)?\.(h|cpp)$")
PLATFORM_MACRO = re.compile(
    r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b[^\n]*"
    r"\b(__linux__|__linux|__gnu_linux__|__APPLE__|__MACH__|_WIN32|_WIN64|__MINGW\w+|__unix__|__FreeBSD__|__ANDROID__)\b",
    re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)
LINK_BLOCK = re.compile(r"\bpw_(?:library|interface_library|executable|test)\s*\(([^)]*)\)")


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


class Table:
    """The two tables, read from ARCHITECTURE.md."""

    def __init__(self, root):
        self.rows, self.libraries = {}, {}
        path = root / "ARCHITECTURE.md"
        for table in harness.markdown_tables(harness.read(path) if path.is_file() else ""):
            for row in table:
                if {"folder", "may include", "libraries"} <= row.keys():
                    for folder in names(row["folder"]):
                        self.rows[folder] = (names(row["may include"]), set(names(row["libraries"])))
                elif {"library", "headers"} <= row.keys():
                    for library in names(row["library"]):
                        self.libraries[library] = names(row["headers"])

    def folder_of(self, path):
        """The row that covers a path: the longest one."""
        covering = [folder for folder in self.rows if path.startswith(folder + "/")]
        return max(covering, key=len, default=None)

    def library_of(self, header):
        if header in STANDARD:
            return "std"
        for library, patterns in self.libraries.items():
            if any(fnmatch.fnmatch(header, pattern) for pattern in patterns):
                return library
        return "OS"

    def may_include(self, folder, other):
        allowed = self.rows[folder][0]
        return folder == other or any(
            entry in ("everything", other) or other.startswith(entry + "/") for entry in allowed)

    def cycles(self):
        """Rows that may, over others, include themselves. Rows that may include everything stand above all and do not count."""
        edges = {folder: [other for other in self.rows if other != folder and self.may_include(folder, other)]
                 for folder, (allowed, _) in self.rows.items() if "everything" not in allowed}
        found = []
        for start in edges:
            reached, waiting = set(), list(edges[start])
            while waiting:
                folder = waiting.pop()
                if folder not in reached:
                    reached.add(folder)
                    waiting += edges.get(folder, [])
            if start in reached:
                found.append(start)
        return found


def check_include(root, table, folder, path, header, is_system):
    """What is wrong with one include, or None."""
    if header.endswith((".cpp", ".cc", ".c")):
        return f"includes the source file {header}"
    if is_system:
        library = table.library_of(header)
        if library == "std" or library in FOR_EVERYBODY:
            return None
        allowed = table.rows[folder][1]
        if library not in allowed and "everything" not in allowed:
            return f"<{header}> is of `{library}`, which {folder} may not use (ARCHITECTURE.md, Libraries)"
        if library == "OS" and "everything" not in allowed and not OS_FILE.search(path):
            return f"<{header}> belongs to an OS: it may stand only in *_linux, *_posix, … files or folders"
        return None
    if not (root / header).is_file() and not (root / (header + ".in")).is_file():
        return f'"{header}" is no file, seen from the root of the repository'
    other = table.folder_of(header)
    if other is None or not table.may_include(folder, other):
        return f"{folder} may not include {other or header} (ARCHITECTURE.md, May include)"
    return None


def check_sources(root, table):
    for file, path in harness.cpp_files(root):
        folder = table.folder_of(path)
        if folder is None:
            yield Finding(path, 1, "its folder has no row in the table of ARCHITECTURE.md")
            continue
        code = harness.strip_cpp(harness.read(file), keep_strings=True)
        for match in INCLUDE.finditer(code):
            problem = check_include(root, table, folder, path, match[1] or match[2], match[1] is not None)
            if problem:
                yield Finding(path, harness.line_of(code, match.start()), problem)
        if not OS_FILE.search(path):
            for match in PLATFORM_MACRO.finditer(code):
                yield Finding(path, harness.line_of(code, match.start(1)),
                              f"{match[1]} may be asked only in *_linux, *_macos, … files or folders")


def check_links(root, table):
    """A target's link edges say what the table says. A target is named portwatch::NAME after its folder."""
    lists = harness.files(root, "CMakeLists.txt", under=harness.SOURCE_FOLDERS)
    blocks = [(path, match) for file, path in lists
              for match in LINK_BLOCK.finditer(re.sub(r"#[^\n]*", "", harness.read(file)))]
    home = {match[1].split()[0]: table.folder_of(path) for path, match in blocks if match[1].split()}
    for path, match in blocks:
        folder = table.folder_of(path)
        for target in re.findall(r"\bportwatch::(\w+)", match[1]):
            other = home.get(target)
            if folder and other and not table.may_include(folder, other):
                yield Finding(path, 1, f"{folder} may not link portwatch::{target} of {other}")


def check(root):
    table = Table(root)
    if not table.rows or not table.libraries:
        return [Finding("ARCHITECTURE.md", 1, "has no table of folders, or none of libraries")]
    findings = [Finding("ARCHITECTURE.md", 1, f"{folder} may include itself over others: dependencies point one way")
                for folder in table.cycles()]
    return findings + list(check_sources(root, table)) + list(check_links(root, table))


ARCHITECTURE = """
| Folder | Holds | May include | Libraries |
|---|---|---|---|
| `common/base` | basics | – | – |
| `common/uv` | loop | `common/base` | `libuv` |
| `daemon/core` | pure | `common/base` | – |
| `daemon/server` | clients | `common` | `OS` |
| `tests` | tests | `everything` | `everything` |

| Library | Headers | Why |
|---|---|---|
| `libuv` | `uv.h`, `uv/*` | one loop |
| `fmt` | `fmt/*` | text |
"""


def tree(path, text, architecture=ARCHITECTURE):
    return {"ARCHITECTURE.md": architecture, "common/base/error.h": "", "common/uv/loop.h": "", path: text}


CASES = [
    Case("what the tables allow", {
        **tree("daemon/core/a.cpp", '#include <vector>\n#include <fmt/format.h>\n#include "common/base/error.h"\n'
                                    '// #include <uv.h>\n// #ifdef __linux__\n'),
        "daemon/server/peer_linux.cpp": '#include <sys/socket.h>\n#include "common/uv/loop.h"\n#ifdef __linux__\n#endif\n',
        "tests/a_test.cpp": '#include <sys/socket.h>\n#include <uv.h>\n#include "daemon/core/a.h"\n',
        "daemon/core/a.h": "", "daemon/core/CMakeLists.txt": "pw_library(core SOURCES a.cpp LINKS portwatch::base)",
        "common/base/CMakeLists.txt": "pw_library(base SOURCES a.cpp)"}),
    Case("core includes uv", tree("daemon/core/a.cpp", '#include "common/uv/loop.h"\n'), "a.cpp:1: daemon/core may not include"),
    Case("core includes a library", tree("daemon/core/a.cpp", "\n#include <uv.h>\n"), "a.cpp:2: <uv.h> is of `libuv`"),
    Case("core includes the OS", tree("daemon/core/a_linux.cpp", "#include <unistd.h>\n"), "is of `OS`"),
    Case("OS header in a file for all", tree("daemon/server/a.cpp", "#include <unistd.h>\n"), "belongs to an OS"),
    Case("a C header", tree("daemon/core/a.h", "#include <string.h>\n"), "<string.h>"),
    Case("source included", tree("daemon/core/a.cpp", '#include "daemon/core/b.cpp"\n'), "includes the source file"),
    Case("include beside", tree("daemon/core/a.cpp", '#include "b.h"\n'), "is no file"),
    Case("no row", tree("daemon/new/a.cpp", ""), "has no row"),
    Case("platform conditional", tree("daemon/core/a.cpp", "#if defined(__linux__) && 1\n#endif\n"), "__linux__ may be asked"),
    Case("link edge", {**tree("daemon/core/CMakeLists.txt", "pw_library(core SOURCES a.cpp LINKS portwatch::uv)"),
                       "common/uv/CMakeLists.txt": "pw_library(uv SOURCES a.cpp)"}, "may not link portwatch::uv"),
    Case("a table in a circle", tree("daemon/core/a.cpp", "", ARCHITECTURE.replace("| – | – |\n| `common/uv`",
                                                                                   "| `common/uv` | – |\n| `common/uv`")),
         "dependencies point one way"),
    Case("no table", {"common/base/a.cpp": ""}, "has no table"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
