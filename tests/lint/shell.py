# SPDX-License-Identifier: Apache-2.0
"""Shell scripts: shellcheck has nothing to say, they can be executed, and they stop at the first failure (`set -eu`)."""
import os
import re
import shutil
import subprocess

import harness
from harness import Case, Finding


def scripts(root):
    for file, path in harness.files(root):
        with open(file, "rb") as stream:
            first = stream.readline(80)
        if re.match(rb"#!.*\b(?:ba|da)?sh\b", first):
            yield file, path, True
        elif path.endswith(".sh"):
            yield file, path, False


def check(root):
    if not shutil.which("shellcheck"):
        return [Finding("shellcheck", 1, "is not installed: run packaging/install-deps.sh test")]
    findings = []
    for file, path, has_shebang in scripts(root):
        run = subprocess.run(["shellcheck", "--format=gcc", "--shell=bash" if not has_shebang else "--severity=style", "-x", file.name],
                             cwd=file.parent, capture_output=True, text=True, check=False)
        findings += [Finding(path, int(line), message) for line, message in re.findall(r"^.+?:(\d+):\d+: (.*)$", run.stdout, re.MULTILINE)]
        if has_shebang and not os.access(file, os.X_OK):
            findings.append(Finding(path, 1, "cannot be executed: chmod +x"))
        if has_shebang and not re.search(r"^set -\w*e\w*", harness.read(file), re.MULTILINE):
            findings.append(Finding(path, 1, "goes on after a failure: set -eu"))
    return findings


CASES = [
    Case("clean", {"run": '#!/bin/sh\nset -eu\necho "$1"\n', "lib.sh": 'greet() { echo "$1"; }\n', "a.py": "x = 1\n"}),
    Case("unquoted", {"run": "#!/bin/bash\nset -eu\n\nrm -r $1\n"}, "run:4: note: Double quote"),
    Case("goes on", {"run.sh": "#!/usr/bin/env bash\necho x\n"}, "goes on after a failure"),
    Case("unquoted in a part", {"lib.sh": "greet() { rm $1; }\n"}, "Double quote"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
