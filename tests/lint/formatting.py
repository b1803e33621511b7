# SPDX-License-Identifier: Apache-2.0
"""Formatting: clang-format 19 has nothing to change in any C++ file, and no text file has tabs, trailing blanks, CR line ends,
or a last line without its end."""
import pathlib
import re
import shutil
import subprocess

import harness
from harness import Case, Finding

TEXT_SUFFIXES = (".h", ".cpp", ".c", ".py", ".sh", ".md", ".txt", ".cmake", ".toml", ".json", ".in", ".service", ".1", ".5", ".8",
                 ".sql", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore")
BATCH = 50


def clang_format():
    """The command of clang-format 19, or None: other versions format differently."""
    for name in ("clang-format-19", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
            if re.search(r"\bversion 19\.", version):
                return name
    return None


def check_cpp(root, sources):
    command = clang_format()
    if not command:
        return [Finding("clang-format-19", 1, "is not installed: run packaging/install-deps.sh test")]
    style = root / ".clang-format"
    findings = []
    for start in range(0, len(sources), BATCH):
        batch = [str(file) for file, _ in sources[start:start + BATCH]]
        run = subprocess.run([command, "--dry-run", "-Werror", f"--style=file:{style}" if style.is_file() else "--style=Google", *batch],
                             capture_output=True, text=True, check=False)
        places = re.findall(r"^(.+?):(\d+):\d+: error: (.*)$", run.stderr, re.MULTILINE)
        first = {}
        for path, line, _ in places:
            first.setdefault(pathlib.Path(path).relative_to(root).as_posix(), int(line))
        findings += [Finding(path, line, "not formatted: clang-format-19 -i " + path) for path, line in first.items()]
        if run.returncode != 0 and not places:
            findings.append(Finding("clang-format-19", 1, run.stderr.strip()))
    return findings


def check_text(path, text):
    if "\r" in text:
        return Finding(path, line_of_first(text, "\r"), "has CR line ends")
    if text and not text.endswith("\n"):
        return Finding(path, text.count("\n") + 1, "its last line has no end")
    trailing = re.search(r"[ \t]+\n", text)
    if trailing:
        return Finding(path, harness.line_of(text, trailing.start()), "has trailing blanks")
    tab = re.search(r"\t", text)
    return Finding(path, harness.line_of(text, tab.start()), "has a tab") if tab else None


def line_of_first(text, needle):
    return harness.line_of(text, text.index(needle))


def check(root):
    findings = check_cpp(root, harness.cpp_files(root))
    for file, path in harness.files(root, *TEXT_SUFFIXES):
        # A golden file is a program's output byte for byte.
        if not path.startswith("tests/golden/") or path.endswith((".cpp", ".h")):
            with open(file, encoding="utf-8", errors="replace", newline="") as stream:
                finding = check_text(path, stream.read())
            findings += [finding] if finding else []
    return findings


CASES = [
    Case("formatted", {"common/a.cpp": "int main() {}\n", "README.md": "# Title\n", "tests/golden/out.txt": "a \n"}),
    Case("not formatted", {"common/a.cpp": "\nint  main( ){}\n"}, "common/a.cpp:2: not formatted"),
    Case("our style file counts", {".clang-format": "IndentWidth: 8\n", "common/a.h": "struct A {\n  int b;\n};\n"}, "not formatted"),
    Case("tab", {"a.md": "x\n\ty\n"}, "a.md:2: has a tab"),
    Case("trailing blank", {"a.py": "x \n"}, "trailing blanks"),
    Case("no end", {"a.sh": "x"}, "no end"),
    Case("CR", {"a.md": "x\r\n"}, "CR"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
