# SPDX-License-Identifier: Apache-2.0
"""How a file begins: the licence in its SPDX line, `#pragma once` in a header, and a short paragraph that says what the file is
for. A .cpp beside the header of the same name needs no paragraph of its own; a test is named after what it tests, and a list of
targets explains itself."""
import re

import harness
from harness import Case, Finding

SPDX = "SPDX-License-Identifier: Apache-2.0"
LICENSED = (".h", ".cpp", ".c", ".py", ".sh", ".cmake", "CMakeLists.txt", ".toml", ".service", ".sql", ".in", ".1", ".5", ".8",
            ".clang-tidy")
SHORTEST_PARAGRAPH = 20  # characters; less is a label


def is_script(file):
    with open(file, "rb") as stream:
        return stream.read(2) == b"#!"


def has_paragraph(path, text):
    """Whether comment text stands before the first declaration."""
    if path.endswith((".h", ".cpp", ".c")):
        head = re.split(r"^(?!\s*(?://|#|$))", text, maxsplit=1, flags=re.MULTILINE)[0]
        words = re.findall(r"^\s*//+(.*)$", head, re.MULTILINE)
    elif path.endswith(".py"):
        words = re.findall(r'^"""(.*?)"""', text, re.MULTILINE | re.DOTALL)
    else:
        head = re.split(r"^(?!\s*(?:#|$))", text, maxsplit=1, flags=re.MULTILINE)[0]
        words = re.findall(r"^#(?!!)(.*)$", head, re.MULTILINE)
    return sum(len(line.strip()) for line in words if SPDX not in line) >= SHORTEST_PARAGRAPH


def check(root):
    findings = []
    for file, path in harness.files(root):
        script = is_script(file)
        if not script and not path.endswith(LICENSED):
            continue
        text = harness.read(file)
        if SPDX not in "\n".join(text.split("\n")[:3]):
            findings.append(Finding(path, 1, f"its first lines do not say {SPDX}"))
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            findings.append(Finding(path, 1, "has no #pragma once"))
        explained = path.endswith("_test.cpp") or path.endswith(".cpp") and file.with_suffix(".h").is_file()
        if (script or path.endswith((".h", ".cpp", ".c", ".py"))) and not explained and not has_paragraph(path, text):
            findings.append(Finding(path, 2, "does not open with a paragraph that says what it is for"))
    return findings


LICENCE = f"// {SPDX}\n"
PARAGRAPH = "// What this file is for, in words.\n"
CASES = [
    Case("as it should be", {
        "a.h": LICENCE + "#pragma once\n\n" + PARAGRAPH + "#include <vector>\nint a;\n", "a.cpp": LICENCE + '#include "a.h"\n',
        "some_test.cpp": LICENCE + "int a;\n",
        "late.cpp": LICENCE + "#include <vector>\n\n" + PARAGRAPH + "int a;\n", "data.txt": "x\n", "CMakeLists.txt": f"# {SPDX}\n",
        "run": f"#!/bin/sh\n# {SPDX}\n# Starts the whole thing.\nexit 0\n", "a.py": f'# {SPDX}\n"""What this file is for."""\n'}),
    Case("no licence", {"a.h": "#pragma once\n" + PARAGRAPH}, "do not say SPDX"),
    Case("no licence in a script without a suffix", {"run": "#!/bin/sh\n# Starts the whole thing.\n"}, "do not say SPDX"),
    Case("no pragma", {"a.h": LICENCE + PARAGRAPH}, "has no #pragma once"),
    Case("no paragraph", {"a.cpp": LICENCE + "#include <vector>\nint a;  // with a comment that is long\n"}, "does not open"),
    Case("a comment of a declaration only", {"a.h": LICENCE + "#pragma once\nnamespace a {\n" + PARAGRAPH + "int a;\n}\n"}, "does not open"),
    Case("a script without a paragraph", {"run": f"#!/bin/sh\n# {SPDX}\nexit 0\n"}, "does not open"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
