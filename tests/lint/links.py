# SPDX-License-Identifier: Apache-2.0
"""Documents point at things that are there: every relative link of a markdown file and its anchor, and every path of ours that
a document writes in backticks (`daemon/core/engine.h`, `common/{net,model}`, `tests/*/CMakeLists.txt`)."""
import itertools
import re
import urllib.parse

import harness
from harness import Case, Finding

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
OUR_PATH = re.compile(r"`((?:common|daemon|cli|packaging|systemd|tests|\.ci)/[\w./{},*+-]*)`")


def slug(heading):
    """The anchor that GitHub and GitLab make of a heading."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda match: match[1] or "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def without_fences(text):
    return re.sub(r"^(```|~~~).*?^\1[^\n]*$", lambda match: "\n" * match[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    found = []
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", without_fences(text), re.MULTILINE):
        name = slug(heading)
        found.append(name if name not in found else f"{name}-{found.count(name)}")
    return found + re.findall(r'<a (?:id|name)="([^"]+)"', text)


def expand(path):
    """a/{b,c}/d as a/b/d and a/c/d."""
    parts = [part.split(",") if index % 2 else [part] for index, part in enumerate(re.split(r"\{([^}]*)\}", path))]
    return ["".join(choice) for choice in itertools.product(*parts)]


def check_link(root, file, target):
    address, _, anchor = target.partition("#")
    destination = file if not address else (root / address[1:] if address.startswith("/") else file.parent / urllib.parse.unquote(address))
    if not destination.exists():
        return f"{target} leads nowhere"
    if anchor and destination.suffix == ".md" and urllib.parse.unquote(anchor) not in anchors(harness.read(destination)):
        return f"{target}: there is no such heading"
    return None


def check(root):
    findings = []
    for file, path in harness.files(root, ".md"):
        text = without_fences(harness.read(file))
        for match in LINK.finditer(text):
            target = match[1] or match[2]
            if not re.match(r"[a-z][a-z0-9+.-]*:", target):
                problem = check_link(root, file, target)
                if problem:
                    findings.append(Finding(path, harness.line_of(text, match.start()), problem))
        for match in OUR_PATH.finditer(text):
            for one in expand(match[1]):
                if not any(root.glob(one.rstrip("/"))):
                    findings.append(Finding(path, harness.line_of(text, match.start()), f"{one} is not there"))
    return findings


CASES = [
    Case("all there", {"README.md": "# Title: `one`!\n[a](#title-one) [b](docs/a.md#x) [c](https://x.example/y) ![d](docs/a.md)\n"
                                    "`common/{a,b}.h` `common/*.h` `common/`\n```\n[e](nowhere)\n```\n",
                       "docs/a.md": "## X\n", "common/a.h": "", "common/b.h": ""}),
    Case("no file", {"README.md": "\n[a](gone.md)\n"}, "README.md:2: gone.md leads nowhere"),
    Case("no heading", {"README.md": "# A\n[a](#b)\n"}, "no such heading"),
    Case("no heading elsewhere", {"README.md": "[a](x.md#b)\n", "x.md": "# C\n"}, "no such heading"),
    Case("no picture", {"README.md": "![a](a.png)\n"}, "leads nowhere"),
    Case("a path that went", {"README.md": "See `common/{a,b}.h`.\n", "common/a.h": ""}, "common/b.h is not there"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
