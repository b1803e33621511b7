# SPDX-License-Identifier: Apache-2.0
"""What the lints share: walking the repository, reading C++ as text, reporting, and proving that a lint bites.

A lint is a file beside this one with check(root), which gives findings, and CASES, small trees in which something is wrong
(or all is well). `LINT --root DIR` checks a repository; `LINT --self-test` checks the lint against its cases.
"""
import argparse
import dataclasses
import pathlib
import re
import sys
import tempfile

SOURCE_FOLDERS = ("common", "daemon", "cli", "tests")
NOT_OURS = {".git", "build", "out", ".cache", "__pycache__", "node_modules"}


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclasses.dataclass(frozen=True)
class Case:
    """A tree of files; `expect` is a part of the finding that it must cause. None: it must cause none."""
    name: str
    files: dict
    expect: str | None = None


def files(root, *suffixes, under=None):
    """Paths below root, sorted, as (absolute, relative text); only those that end in one of the suffixes, if any are given."""
    found = []
    for top in ([root / folder for folder in under] if under else [root]):
        for path in top.rglob("*") if top.is_dir() else []:
            relative = path.relative_to(root)
            if NOT_OURS.isdisjoint(relative.parts) and path.is_file():
                if not suffixes or path.name.endswith(suffixes):
                    found.append((path, relative.as_posix()))
    return sorted(found, key=lambda pair: pair[1])


def cpp_files(root, *suffixes):
    return files(root, *(suffixes or (".h", ".cpp")), under=SOURCE_FOLDERS)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


CPP_TOKEN = re.compile(
    r'(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)",
    re.DOTALL)


def strip_cpp(text, keep_strings=False):
    """C++ without comments and, unless asked, without what stands in literals. Every line stays on its line."""
    def replace(match):
        whole = match.group(0)
        if match.lastgroup == "comment":
            return " " + "\n" * whole.count("\n")
        return whole if keep_strings else '""' + "\n" * whole.count("\n")
    return CPP_TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def body_at(code, open_brace):
    """What stands between the brace at this offset of stripped code and the one that closes it."""
    depth = 0
    for index in range(open_brace, len(code)):
        if code[index] == "{":
            depth += 1
        elif code[index] == "}":
            depth -= 1
            if depth == 0:
                return code[open_brace + 1:index]
    return code[open_brace + 1:]


def markdown_tables(text):
    """Every table of a markdown text as a list of rows; a row is a dict from the column's heading (lower case) to its cell."""
    tables, lines = [], text.split("\n")
    for index, line in enumerate(lines[:-1]):
        if line.startswith("|") and re.fullmatch(r"\|[\s:|-]+\|", lines[index + 1].strip()):
            cells = lambda row: [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]]
            heads = [head.lower() for head in cells(line)]
            rows = []
            for row in lines[index + 2:]:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(heads, cells(row))))
            tables.append(rows)
    return tables


def self_test(check, cases):
    failures = []
    if not any(case.expect for case in cases) or all(case.expect for case in cases):
        failures.append("a lint needs a case in which it must speak and one in which it must be silent")
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="portwatch lint ") as folder:
            root = pathlib.Path(folder)
            for name, text in case.files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
                if text.startswith("#!"):
                    (root / name).chmod(0o755)
            findings = [str(finding) for finding in check(root)]
        if case.expect is None and findings:
            failures.append(f"{case.name}: should be silent, but says {findings}")
        if case.expect is not None and not any(case.expect in finding for finding in findings):
            failures.append(f"{case.name}: should say '{case.expect}', but says {findings}")
    return failures


def main(check, cases):
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    problems = self_test(check, cases) if arguments.self_test else check(arguments.root.resolve())
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem(s)" if problems else "clean")
    sys.exit(1 if problems else 0)
