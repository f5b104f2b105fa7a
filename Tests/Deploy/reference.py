"""Writes the reference tables in the documentation from the code. `make reference` runs it, a test compares.

A table stands between two comments in its page:  <!-- generated: NAME -->  and  <!-- end -->.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cell(text):
    return text.replace("|", "\\|")


def chart_values():
    """Every value of the chart that is no mere heading, with its default and the comment above it."""
    rows, path, comment = ["| value | default | |", "|---|---|---|"], [], []
    for line in (ROOT / "deploy/charts/akv-csi/values.yaml").read_text().splitlines():
        if match := re.fullmatch(r"\s*# ?(.*)", line):
            comment.append(match[1])
            continue
        if match := re.fullmatch(r"( *)([A-Za-z-]+):(.*)", line):
            path = path[:len(match[1]) // 2] + [match[2]]
            name, default = ".".join(path), match[3].strip()
            if default or comment:
                rows.append(f"| `{name}` | {f'`{cell(default)}`' if default else ''} | {cell(' '.join(comment))} |")
        comment = []
    return "\n".join(rows)


TABLES = {
    "deploy/charts/akv-csi/README.md": {"values": chart_values},
}


def filled(page, tables):
    """The page's text with its tables as they should be."""
    text = (ROOT / page).read_text()
    for name, make in tables.items():
        pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.S)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"{page}: there must be one place for {name}")
        table = make()
        text = pattern.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)
    return text


def main():
    for page, tables in TABLES.items():
        (ROOT / page).write_text(filled(page, tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
