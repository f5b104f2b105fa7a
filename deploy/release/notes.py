#!/usr/bin/env python3
"""The release notes of a version, from the changelog: notes.py VERSION"""

import pathlib
import re
import sys

CHANGELOG = pathlib.Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def notes(changelog, version):
    """The text under the heading of `version`, without the heading."""
    sections = re.split(r"^## \[([^\]]+)\].*\n", changelog, flags=re.M)
    found = dict(zip(sections[1::2], sections[2::2]))
    if not found.get(version, "").strip():
        raise ValueError(f"CHANGELOG.md has nothing about {version}; rename the section Unreleased to [{version}] with today's date")
    return found[version].strip() + "\n"


def main(version):
    try:
        sys.stdout.write(notes(CHANGELOG.read_text(), version))
    except ValueError as error:
        return str(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
