# SPDX-License-Identifier: Apache-2.0
"""What a person can configure, ask or store is documented: each name that the code has in one table stands in the document of
that table too, and the commented configuration file knows no key that the code does not know."""
import re

import harness
from harness import Case, Finding

QUOTED = r'"([a-z][a-z0-9_.-]*)"'


def config_keys(text):
    """The rows of configuration_keys(): {"scan.interval", rule...}."""
    table = re.search(r"\bKey\s+\w+\[\]\s*=\s*\{|std::array<Key[^{;]*\{|to_array<Key>\s*\(\s*\{", text)
    return re.findall(r"\{\s*" + QUOTED + r"\s*,", harness.body_at(text, table.end() - 1)) if table else []


def methods(text):
    return re.findall(r"\{\s*(?:Method::\w+\s*,\s*|\.name\s*=\s*)?" + QUOTED + r"\s*,", text)


def commands(text):
    return re.findall(r'\.name = "([a-z ]+)"', text)


def enum_names(enum):
    def extract(text):
        block = re.search(rf"kEnumNames<[\w:]*\b{enum}>\s*=(.*?);", text, re.DOTALL)
        return re.findall(QUOTED, block[1]) if block else []
    return extract


def schema_columns(text):
    """Tables and "table.column"s of every CREATE TABLE, and columns that were added."""
    found = []
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, re.DOTALL):
        found.append(name)
        found += [f"{name}.{column}" for column in re.findall(r"^\s+([a-z]\w*) (?:INTEGER|TEXT|BLOB|REAL|ANY)\b", body, re.MULTILINE)]
    found += [f"{name}.{column}" for name, column in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", text)]
    return found


def in_backticks(text, name):
    return re.search(rf"`{re.escape(name)}`", text) is not None


def in_schema(text, name):
    """A table has a heading of its own, in backticks; so has a column, below it."""
    table, _, column = name.partition(".")
    section = re.search(rf"^#+ [^\n]*`{table}`[^\n]*\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return section is not None and (not column or in_backticks(section[1], column))


def in_manual(text, name):
    # Without the marks of man(7), and the macros of mdoc(7) that stand between words.
    plain = re.sub(r"\\f.|\\&|\.?\b(?:It|Op|Oo|Oc|Cm|Fl|Ar|Dl) ", "", text).replace("\\-", "-").replace("\\_", "_")
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", plain) is not None


def toml_keys(text):
    """Keys of a commented file, commented or not, with their section in front."""
    keys, section = [], ""
    for line in text.split("\n"):
        heading = re.fullmatch(r"#?\s?\[(\w+)\]", line.strip())
        key = re.match(r"#?\s?(\w+)\s*=", line)
        if heading:
            section = heading[1] + "."
        elif key:
            keys.append(section + key[1])
    return keys


# What: where the names are (pattern of files), how to read them, the document, how a name stands in it.
CHECKS = [
    ("configuration key", "daemon/app/configuration*.cpp", config_keys, "daemon/**/portwatch.toml.5", in_manual),
    ("configuration key", "daemon/app/configuration*.cpp", config_keys, "packaging/**/portwatch.toml",
     lambda text, name: name in toml_keys(text)),
    ("method", "common/protocol/methods.h", methods, "common/protocol/PROTOCOL.md", in_backticks),
    ("event kind", "common/model/event.h", enum_names("EventKind"), "common/protocol/PROTOCOL.md", in_backticks),
    ("reason", "common/model/alert.h", enum_names("ReasonCode"), "common/protocol/PROTOCOL.md", in_backticks),
    ("command", "cli/commands/*.cpp", commands, "cli/**/portwatchctl.1", in_manual),
    ("table or column", "daemon/store/schema*.cpp", schema_columns, "daemon/store/SCHEMA.md", in_schema),
]


def check(root):
    findings = []
    for what, source, extract, document, stands_in in CHECKS:
        sources = sorted(root.glob(source))
        names = [name for path in sources for name in extract(harness.read(path))]
        if not sources:
            continue
        if not names:
            findings.append(Finding(source, 1, f"no {what} found in it: teach tests/lint/docs.py how it is written"))
        documents = sorted(root.glob(document))
        if not documents:
            findings.append(Finding(document, 1, f"is not there: it documents every {what} of {source}"))
        for path in documents:
            text = harness.read(path)
            findings += [Finding(path.relative_to(root).as_posix(), 1, f"does not have the {what} {name}")
                         for name in names if not stands_in(text, name)]
    known = [key for path in root.glob("daemon/app/configuration*.cpp") for key in config_keys(harness.read(path))]
    for path in root.glob("packaging/**/portwatch.toml"):
        findings += [Finding(path.relative_to(root).as_posix(), 1, f"has the key {key}, which there is not")
                     for key in toml_keys(harness.read(path)) if key not in known]
    return findings


ALL_IS_WELL = {
    "daemon/app/configuration.cpp": 'constexpr Key kKeys[] = {\n  {"profile", choice()},\n  {"scan.interval", Duration{1}},\n};\n',
    "daemon/portwatch.toml.5": ".TP\n.B profile\n.TP\n.B scan.interval\n",
    "packaging/config/portwatch.toml": '# profile = "auto"\n# Words with interval = in them\n[scan]\n#interval = "1s"\n',
    "common/model/event.h": 'inline constexpr auto base::kEnumNames<portwatch::model::EventKind> = to_array({"opened", "owner_changed"});',
    "common/protocol/PROTOCOL.md": "`opened` `owner_changed` `list`",
    "common/protocol/methods.h": 'inline constexpr M kMethods[] = {{"list", Access::kAny, "Lists."}};',
    "cli/commands/alerts.cpp": 'CommandSpec a{\n  .name = "alerts show",\n};', "cli/portwatchctl.1": ".It Cm alerts Op Cm show\n",
    "daemon/store/schema_v1.cpp": "CREATE TABLE event (\n  seq INTEGER PRIMARY KEY,\n  at_us INTEGER\n) STRICT;",
    "daemon/store/SCHEMA.md": "## `event`\n`seq` `at_us`\n## Other\n",
}


def without(path, part):
    assert part in ALL_IS_WELL[path]
    return {**ALL_IS_WELL, path: ALL_IS_WELL[path].replace(part, "", 1)}


CASES = [
    Case("all documented", ALL_IS_WELL),
    Case("a key without manual", without("daemon/portwatch.toml.5", "scan.interval"), "key scan.interval"),
    Case("a key without example", without("packaging/config/portwatch.toml", "#interval"), "key scan.interval"),
    Case("a key that went", {**ALL_IS_WELL, "packaging/config/portwatch.toml": "# profile = 1\n[scan]\n# interval = 1\n# gone = 1\n"},
         "has the key scan.gone"),
    Case("an event kind", without("common/protocol/PROTOCOL.md", "`owner_changed`"), "event kind owner_changed"),
    Case("a method", without("common/protocol/PROTOCOL.md", "`list`"), "method list"),
    Case("a command", without("cli/portwatchctl.1", "Cm show"), "command alerts show"),
    Case("a column", without("daemon/store/SCHEMA.md", "`at_us`"), "event.at_us"),
    Case("a column under another heading", {**ALL_IS_WELL, "daemon/store/SCHEMA.md": "## `event`\n`seq`\n## Other\n`at_us`\n"}, "event.at_us"),
    Case("no document", {path: text for path, text in ALL_IS_WELL.items() if not path.endswith("SCHEMA.md")}, "is not there"),
    Case("a table that is written another way", {**ALL_IS_WELL, "daemon/app/configuration.cpp": "rewritten"}, "teach tests/lint/docs.py"),
]

if __name__ == "__main__":
    harness.main(check, CASES)
