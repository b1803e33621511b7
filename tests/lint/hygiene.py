# SPDX-License-Identifier: Apache-2.0
"""What must not be in the repository: work left for later, code in comments, and in tests whatever makes a test slow, flaky or
silent (sleeping, the wall clock, fixed ports, skipping). A test waits for a predicate with a deadline: tests/support."""
import re

import harness
from harness import Case, Finding

LATER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# An example of use is indented by more than one blank.
CODE_IN_COMMENT = re.compile(
    r"^[ \t]*// ?(?:[\w:]+(?:(?:\.|->|::)\w+)*\([^()]*(?:\([^()]*\)[^()]*)*\);|(?:return|auto|const|int|if|for|while)\b.*;|#include\b.*)[ \t]*$",
    re.MULTILINE)
DEAD_CODE = re.compile(r"^[ \t]*#[ \t]*if[ \t]+(?:0|false)\b", re.MULTILINE)
IN_TESTS = [
    (re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|uv_sleep)\s*\(|(?<![\w.>])sleep\s*\("), "sleeps: wait for a predicate"),
    (re.compile(r"\bGTEST_SKIP\b"), "skips: a test must run where it is built"),
    (re.compile(r"\bsystem_clock::now\s*\("), "reads the wall clock: give it a time"),
    (re.compile(r"\bhtons\s*\(\s*[1-9]\d*\s*\)"), "names a fixed port: bind to port 0 and ask which it became"),
    (re.compile(r"\b(?:srand|std::random_device)\b"), "is random without a seed that is said"),
]
CLOCK_KEEPERS = ("tests/support/",)


def lines(path, text, pattern, message):
    return [Finding(path, harness.line_of(text, match.start()), message) for match in pattern.finditer(text)]


def check(root):
    findings = []
    for file, path in harness.files(root):
        if file.suffix in (".png", ".svg", ".gz", ".db"):
            continue
        text = harness.read(file)
        findings += lines(path, text, LATER, "leaves work for later: do it, or drop it")
        if path.endswith((".h", ".cpp", ".c")):
            findings += lines(path, text, CODE_IN_COMMENT, "is code in a comment: git remembers it")
            findings += lines(path, text, DEAD_CODE, "is dead code: git remembers it")
        if path.startswith("tests/") and path.endswith((".h", ".cpp")) and not path.startswith(CLOCK_KEEPERS):
            code = harness.strip_cpp(text)
            for pattern, message in IN_TESTS:
                findings += lines(path, code, pattern, message)
    return findings


LATER_WORD = "TO" + "DO"
CASES = [
    Case("clean", {"tests/a_test.cpp": '// Waits; then it sleeps.\nrun("sleep", "1000"); x.sleep(1); htons(0); puts("GTEST_SKIP");\n',
                   "common/a.cpp": "// It holds (as proc(5) says);\n// see common/base/text.h;\n//   store.open(path);\n", "tests/support/wait.cpp": "sleep_for(1ms);\n"}),
    Case("later", {"README.md": f"x\n{LATER_WORD}: y\n"}, "README.md:2: leaves work"),
    Case("a call in a comment", {"common/a.cpp": "  // store.open(path, mode(1));\n"}, "code in a comment"),
    Case("a statement in a comment", {"common/a.cpp": "// return 1;\n"}, "code in a comment"),
    Case("dead", {"common/a.cpp": "#if 0\n#endif\n"}, "dead code"),
    Case("sleep_for", {"tests/a_test.cpp": "std::this_thread::sleep_for(1s);\n"}, "sleeps"),
    Case("sleep", {"tests/a_test.cpp": "::sleep(1);\n"}, "sleeps"),
    Case("skip", {"tests/a_test.cpp": "GTEST_SKIP();\n"}, "skips"),
    Case("clock", {"tests/a_test.cpp": "auto x = std::chrono::system_clock::now();\n"}, "wall clock"),
    Case("port", {"tests/a_test.cpp": "a.sin_port = htons(8080);\n"}, "fixed port"),
    Case("random", {"tests/a_test.cpp": "std::random_device r;\n"}, "random"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
