# SPDX-License-Identifier: Apache-2.0
"""Nothing lies in the tree that nobody compiles: every source is named in the CMakeLists.txt of a folder that the build
enters, every *_test.cpp by a pw_test() (so that the runner discovers its tests), and every lint here is a test of the runner."""
import re

import harness
from harness import Case, Finding

TEST_MACRO = re.compile(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(", re.MULTILINE)


def commands(text, name):
    """The arguments of each call of a CMake command, as a list of words."""
    text = re.sub(r"#[^\n]*", "", text)
    return [match[1].split() for match in re.finditer(rf"\b{name}\s*\(([^)]*)\)", text)]


def entered(root):
    """The folders that the build enters, as relative paths."""
    found, waiting = set(), [""]
    while waiting:
        folder = waiting.pop()
        path = root / folder / "CMakeLists.txt"
        if folder in found or not path.is_file():
            continue
        found.add(folder)
        waiting += [f"{folder}/{words[0]}".lstrip("/") for words in commands(harness.read(path), "add_subdirectory") if words]
    return found


def registered(root):
    """Paths of all sources that a target names, and of those that a pw_test names."""
    sources, tests = set(), set()
    for folder in entered(root):
        text = harness.read(root / folder / "CMakeLists.txt")
        within = lambda word: f"{folder}/{word}".lstrip("/")
        variables = {}
        for words in commands(text, "set"):
            variables.setdefault("${" + words[0] + "}", []).extend(words[1:])
        for name in ("pw_library", "pw_executable", "pw_test", "add_library", "add_executable", "target_sources"):
            for words in commands(text, name):
                words = [value for word in words for value in variables.get(word, [word])]
                paths = {within(word.strip('"')) for word in words if word.strip('"').endswith(".cpp")}
                sources |= paths
                if name == "pw_test":
                    tests |= paths
    return sources, tests


def check(root):
    sources, tests = registered(root)
    findings = []
    for file, path in harness.cpp_files(root, ".cpp"):
        is_test = path.startswith("tests/") and path.endswith("_test.cpp")
        if path not in sources:
            findings.append(Finding(path, 1, "no CMake target names it: nobody compiles it"))
        elif is_test and path not in tests:
            findings.append(Finding(path, 1, "no pw_test() names it: the runner does not know its tests"))
        if not is_test and TEST_MACRO.search(harness.strip_cpp(harness.read(file))):
            findings.append(Finding(path, 1, "holds tests, so its name ends in _test.cpp and it lies in tests"))
    lint_list = root / "tests/lint/CMakeLists.txt"
    named = harness.read(lint_list).split() if lint_list.is_file() else []
    for file, path in harness.files(root, ".py", under=["tests/lint"]):
        if re.search(r"^    harness\.main\(", harness.read(file), re.MULTILINE) and file.stem not in named:
            findings.append(Finding(path, 1, "tests/lint/CMakeLists.txt does not name it: nobody runs it"))
    return findings


ROOT = {"CMakeLists.txt": "add_subdirectory(common)\nadd_subdirectory(tests)\n", "tests/CMakeLists.txt": "pw_test(a SOURCES a_test.cpp)",
        "common/CMakeLists.txt": "pw_library(a\n  SOURCES a.cpp # b.cpp\n  LINKS x)", "common/a.cpp": "", "tests/a_test.cpp": "TEST(A, B) {}"}
CASES = [
    Case("all are named", ROOT),
    Case("one of two, by a variable", {**ROOT, "common/b.cpp": "", "common/c.cpp": "", "common/CMakeLists.txt":
         "if(X)\nset(os b.cpp)\nelse()\nset(os c.cpp)\nendif()\npw_library(a SOURCES a.cpp ${os})"}),
    Case("a variable that nobody uses", {**ROOT, "common/b.cpp": "", "common/CMakeLists.txt":
         "set(os b.cpp)\npw_library(a SOURCES a.cpp)"}, "common/b.cpp:1: no CMake target"),
    Case("a source that is named in a comment alone", {**ROOT, "common/b.cpp": ""}, "common/b.cpp:1: no CMake target"),
    Case("a test that nobody compiles", {**ROOT, "tests/b_test.cpp": "TEST(A, C) {}"}, "tests/b_test.cpp:1: no CMake target"),
    Case("a folder that is not entered", {**ROOT, "daemon/CMakeLists.txt": "pw_library(d SOURCES d.cpp)", "daemon/d.cpp": ""},
         "daemon/d.cpp:1: no CMake target"),
    Case("a test in a library", {**ROOT, "tests/CMakeLists.txt": "add_library(a a_test.cpp)"}, "no pw_test()"),
    Case("a test in a file of another name", {**ROOT, "common/a.cpp": "TEST(A, B) {}"}, "holds tests"),
    Case("a lint that nobody runs", {**ROOT, "tests/lint/new.py": "if True:\n    harness.main(check, CASES)\n"}, "nobody runs it"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
