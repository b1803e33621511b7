# SPDX-License-Identifier: Apache-2.0
"""Every test asserts something: its body holds an EXPECT_, ASSERT_, FAIL or ADD_FAILURE that could fail, or calls a function,
of its file or of a header in tests, that does. A test that cannot fail says nothing."""
import re

import harness
from harness import Case, Finding

TEST = re.compile(r"^(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(([^)]*)\)\s*(?=\{)", re.MULTILINE)
ASSERTION = re.compile(r"\b(?:EXPECT|ASSERT)_\w+\s*\(|\bFAIL\s*\(|\bADD_FAILURE(?:_AT)?\s*\(")
EMPTY_ASSERTION = re.compile(r"\b(?:EXPECT|ASSERT)_(?:TRUE\s*\(\s*(?:true|1)|FALSE\s*\(\s*(?:false|0))\s*\)")
FUNCTION = re.compile(r"\b(\w+)\s*\([^;{}]*\)(?:\s*(?:const|noexcept|override|mutable|->\s*[\w:<>&* ]+))*\s*(?=\{)")
KEYWORDS = {"if", "for", "while", "switch", "catch", "return", "TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P"}


def asserts(body):
    return ASSERTION.search(EMPTY_ASSERTION.sub("", body)) is not None


def asserting_functions(code):
    return {match[1] for match in FUNCTION.finditer(code)
            if match[1] not in KEYWORDS and asserts(harness.body_at(code, match.end()))}


def check(root):
    shared = set()
    for file, _ in harness.files(root, ".h", under=["tests"]):
        shared |= asserting_functions(harness.strip_cpp(harness.read(file)))
    for file, path in harness.files(root, ".cpp", under=["tests"]):
        if not path.endswith("_test.cpp"):
            shared |= asserting_functions(harness.strip_cpp(harness.read(file)))
    findings = []
    for file, path in harness.files(root, "_test.cpp", under=["tests"]):
        code = harness.strip_cpp(harness.read(file))
        helpers = shared | asserting_functions(code)
        for match in TEST.finditer(code):
            body = harness.body_at(code, match.end())
            if not asserts(body) and helpers.isdisjoint(re.findall(r"\b(\w+)\s*(?:<[^;()]*>)?\s*\(", body)):
                findings.append(Finding(path, harness.line_of(code, match.start()), f"{match[1]}({match[2]}) asserts nothing"))
            if "DISABLED_" in match[2]:
                findings.append(Finding(path, harness.line_of(code, match.start()), f"{match[1]}({match[2]}) never runs"))
    return findings


CASES = [
    Case("tests that assert", {"tests/a_test.cpp": """
void expect_open(int x) { if (x) { EXPECT_EQ(x, 1); } }
TEST(A, Itself) { auto f = [] { return 1; }; EXPECT_EQ(f(), 1); }
TEST_P(A, OverAHelper) { expect_open(1); }
TYPED_TEST(A, OverASharedHelper) { check_all<int>(1); }
""", "tests/support/all.h": "template <class T> void check_all(int x) { ASSERT_TRUE(x); }"}),
    Case("nothing", {"tests/a_test.cpp": "\nTEST(A, B) { run(); }\n"}, "a_test.cpp:2: TEST(A, B) asserts nothing"),
    Case("commented out", {"tests/a_test.cpp": "TEST_F(A, B) { run();  // EXPECT_EQ(1, 2);\n /* ASSERT_TRUE(x); */ }"}, "asserts nothing"),
    Case("in a string", {"tests/a_test.cpp": 'TYPED_TEST(A, B) { puts("EXPECT_EQ(1, 1)"); }'}, "asserts nothing"),
    Case("cannot fail", {"tests/a_test.cpp": "TEST_P(A, B) { EXPECT_TRUE(true); }"}, "asserts nothing"),
    Case("the next one asserts", {"tests/a_test.cpp": "TEST(A, B) { { } }\nTEST(A, C) { EXPECT_EQ(x, 1); }"}, "TEST(A, B) asserts nothing"),
    Case("disabled", {"tests/a_test.cpp": "TEST(A, DISABLED_B) { EXPECT_EQ(x, 1); }"}, "never runs"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
