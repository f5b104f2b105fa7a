#!/usr/bin/env python3
"""Finds words that make our texts hard to read, in the sources, the tests, the documentation and the deployment.

Each finding is printed as `file:line: "words" -> better words`, and the exit code is 1 if there are any. A phrase may
run over the end of a line. Words inside a camel-case name are not found. EXCEPTIONS lists texts of other programs, and words with
another meaning in their field, with the reason. `--self-test` tries the check on
known texts, and `--all` also lists the findings in PENDING.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKED = ["Sources", "Tests", "docs", "deploy", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
SUFFIXES = {"", ".c", ".cpp", ".h", ".html", ".js", ".json", ".md", ".py", ".sh", ".swift", ".tf", ".tpl", ".yaml"}

# A regular expression for words in lower case -> what to write instead. A space matches a line break too.
WORDS = {
    r"anew": "again",
    r"for ever": "indefinitely",
    r"mend(s|ed|ing)?": "fix",
    r"whoever": "the actor by name, such as the operator",
    r"nobody": "the actor by name, or the passive with `not`",
    r"as whom": "which identity",
    r"in whose place": "instead of",
    r"one's own": "your own",
    r"(stands?|stood) there": "exists",
    r"pass(es|ed|ing)? over": "ignore, or skip",
    r"told(?! apart)": "logged, reported, or informed",
    r"no such": "does not exist, or not found",
    r"(is|are|was|were) no(?! longer| more| less| later| larger| different| other)(?<!there is no)(?<!there are no)"
    r"(?<!there was no)(?<!there were no)": "is not a",
    r"beside": "next to, or in addition to",
    r"odd": "unusual",
    r"at once": "immediately, together, or at the same time",
    r"lead to|leads to|led to": "cause, or point to",
    r"as good as": "the same as",
    r"let go of": "release",
    r"(take|takes|took) the place of": "replace",
    r"in the place of": "instead of",
    r"for the sake of": "for",
    r"tells nobody": "no-op",
}

# (path or "", phrase around the words, reason). A finding inside such a phrase is not reported.
EXCEPTIONS = [
    ("", "no such file or directory", "the C library says it"),
    ("", "no such host", "kubectl says it"),
    ("", "odd length", "Go says it"),
    ("", "odd number", "the opposite of even"),
    ("Tests/words.py", "", "the list itself"),
    ("Tests/Fixtures/table.yaml", "", "names and values of objects"),
    ("Tests/Fixtures/mount", "objectName: odd-list", "the name of an object"),
    ("Tests/Python", "no such c", "what stand-ins of the Azure CLI say"),
    ("Tests/BenchmarkTests", "no such port", "what a failing program says"),
    ("Tests/ProviderCoreTests", "2500000 at once", "an error's text, over two lines in the sources"),
    ("Tests/ProviderCoreTests", "O=Nobody", "the name of an organisation"),
    ("Tests/Python", "identity nobody", "the name of an identity that does not exist"),
]

# Places that are still being rewritten: their findings are shown, but do not fail the check.
PENDING = []

# Files with the texts of others.
FOREIGN = ["/generated/", "Tests/Fixtures/jmespath"]


def pattern(expression):
    """Matches whole words: not a part of a name, of a path or of a secret, and not a word that is quoted alone."""
    gap = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:///?|#|\*|>)?[ \t]*)"
    head, *rest = re.split(r"(?= no\(\?!)", expression)
    body = "".join(rest).replace(" no(", gap + "no(", 1)
    return re.compile(
        r"(?<![\w+=./-])(?:" + head.replace(" ", gap) + body + r")(?![\w&/-]|\.\w)", re.IGNORECASE)


PATTERNS = [(pattern(expression), better) for expression, better in WORDS.items()]


def excused(path, text, start, end):
    for place, phrase, _ in EXCEPTIONS:
        if place and place != path and not path.startswith(place + "/"):
            continue
        if not phrase:
            return True
        around = text[max(0, start - len(phrase)):end + len(phrase)].lower()
        if phrase.lower() in around:
            return True
    return False


def findings(path, text):
    """The line, the words and the better words of each finding in a text."""
    found = set()
    for expression, better in PATTERNS:
        for match in expression.finditer(text):
            quoted = text[match.start() - 1:match.start()] == text[match.end():match.end() + 1] == '"'
            is_constant = match.group().isupper()
            if not quoted and not is_constant and not excused(path, text, match.start(), match.end()):
                found.add((text.count("\n", 0, match.start()) + 1, " ".join(match.group().split()), better))
    return sorted(found)


def files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *CHECKED],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in sorted(set(listed.splitlines())):
        path = ROOT / name
        if any(part in name for part in FOREIGN):
            continue
        if path.is_file() and not path.is_symlink() and path.suffix in SUFFIXES:
            yield name, path


def self_test():
    """Tries the check on texts with the expected findings and their lines."""
    for text, expected in [
        ("It is read anew.", [(1, "anew")]), ("Nobody\nis told.", [(1, "Nobody"), (2, "told")]),
        ("/// It fails at\n    /// once.", [(1, "at /// once")]), ("This is no list.", [(1, "is no")]),
        ("It is no longer there. There is no list. They can be told apart.", []), ('name = "nobody"', []),
        ("toldWarnings NOBODY odd-list", []), ("open: No such file or directory", []),
    ]:
        found = [(line, words) for line, words, _ in findings("Sources/x.swift", text)]
        if found != expected:
            print(f"{text!r}: found {found}, expected {expected}")
            return 1
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    failed = pending = 0
    for name, path in files():
        for line, words, better in findings(name, path.read_text(encoding="utf-8", errors="replace")):
            if name.startswith(tuple(PENDING)):
                pending += 1
                if sys.argv[1:] != ["--all"]:
                    continue
            else:
                failed += 1
            print(f'{name}:{line}: "{words}" -> {better}')
    if failed:
        print(f"{failed} findings; Tests/words.py explains the list and its exceptions")
    if pending:
        print(f"{pending} warnings in places that are still being rewritten; python3 Tests/words.py --all lists them")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
