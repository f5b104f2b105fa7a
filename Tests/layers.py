#!/usr/bin/env python3
"""Checks the layers of the Swift sources: a target imports only allowed targets, two folders of a target do not name each
other's types, and the README explains each target.

A target may import only targets below it in LAYERS. Inside a target, a folder may name the types of
another folder only if that one names none of its own. Types are found by their declarations, so a name that two
targets declare counts for the target itself first.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"

# From top to bottom. Targets on one line may not import each other.
LAYERS = [
    ["akv-csi", "akv-emulator", "akv-bench"],
    ["Diagnostics", "AzureEmulator", "Benchmark", "TransportClients"],
    ["CSIProvider", "DriverSimulator"],
    ["Kubernetes"],
    ["Azure", "ProviderTransport"],
    ["ProviderCore"],
    ["KeyMaterial", "Shaping"],
    ["Documents"],
    ["SecretMemory", "AsyncSupport", "Budgets", "CommandSupport", "HTTPFetch"],
]

# The targets that tests share, and the targets that each may import.
TEST_SUPPORT = {
    "TestSupport": set(),
    "AzureTestSupport": {"Azure", "ProviderCore", "SecretMemory", "TestSupport"},
}

# Imports that the layers would allow but the design does not.
FORBIDDEN = {
    ("AzureEmulator", "*"): "a bug must not hide in both client and emulator",
    ("Diagnostics", "CSIProvider"): "the tools need the rules, not the server",
    ("Azure", "HTTPFetch"): "the provider has a client of its own",
    ("Benchmark", "Azure"): "the benchmark measures the programs from outside",
}

# Exceptions: these targets contain no rules of the provider.
ALLOWED = {("AzureEmulator", "HTTPFetch")}

DECLARATION = re.compile(
    r"^(?:(?:package|public|internal|final|indirect|nonisolated)\s+)*"
    r"(?:struct|class|enum|protocol|actor|typealias)\s+([A-Z]\w*)", re.MULTILINE)
IMPORT = re.compile(r"^(?:package |internal |public |@testable )*import (\w+)$", re.MULTILINE)


def code(text):
    """The text without comments and without string literals, except for their interpolations."""
    text = re.sub(r'"""(.|\n)*?"""', '""', text)
    lines = []
    for line in text.split("\n"):
        line = re.sub(r"//.*", "", line)
        line = re.sub(
            r'"(?:[^"\\]|\\.)*"', lambda match: " ".join(re.findall(r"\\\(([^)]*)\)", match.group(0))), line)
        lines.append(line)
    return "\n".join(lines)


def problems():
    levels = {name: index for index, layer in enumerate(LAYERS) for name in layer}
    files = {}
    for path in sorted(SOURCES.rglob("*.swift")):
        parts = path.relative_to(SOURCES).parts
        files[path] = (parts[0], parts[1] if len(parts) > 2 else ".", path.read_text())

    for target in sorted({target for target, _, _ in files.values()}):
        if target not in levels:
            yield f"{target} is in no layer: add it to LAYERS in Tests/layers.py"

    for path, (target, _, text) in files.items():
        for module in IMPORT.findall(text):
            if module not in levels or module == target:
                continue
            name = path.relative_to(ROOT)
            if levels[module] <= levels.get(target, -1):
                yield f"{name}: {target} imports {module}, which does not stand below it"
            reason = FORBIDDEN.get((target, module)) or FORBIDDEN.get((target, "*"))
            if reason and (target, module) not in ALLOWED:
                yield f"{name}: {target} imports {module}: {reason}"

    for target, allowed in TEST_SUPPORT.items():
        for path in sorted((ROOT / "Tests" / target).rglob("*.swift")):
            for module in IMPORT.findall(path.read_text()):
                if module in levels.keys() | TEST_SUPPORT.keys() and module not in allowed:
                    yield f"{path.relative_to(ROOT)}: {target} imports {module}: tests of other layers use it too"

    declared = collections.defaultdict(set)
    for path, (target, folder, text) in files.items():
        for name in DECLARATION.findall(code(text)):
            declared[target, name].add(folder)
    uses = collections.defaultdict(lambda: collections.defaultdict(set))
    for path, (target, folder, text) in files.items():
        for name in set(re.findall(r"\b[A-Z]\w*\b", code(text))):
            folders = declared.get((target, name), set())
            if folder in folders:
                continue
            for other in folders:
                uses[target, folder][other].add(f"{path.name} names {name}")
    for (target, folder), others in sorted(uses.items()):
        for other, names in sorted(others.items()):
            back = uses.get((target, other), {}).get(folder)
            if folder < other and back:
                yield (f"{target}: {folder} and {other} know each other: {', '.join(sorted(names)[:4])}; "
                       f"{', '.join(sorted(back)[:4])}")


def undocumented():
    """Targets without a row in the README's table."""
    table = re.findall(r"^\| `(\w+)` \| [A-Z].*\. \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    for target in [name for layer in LAYERS[1:] for name in layer]:
        if target not in table:
            yield f"README.md: the table of targets has no sentence about {target}"


def main():
    found = list(problems()) + list(undocumented())
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
