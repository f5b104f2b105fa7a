"""Writes the reference tables in the documentation from the code. `make reference` runs it, a test compares.

A table is between two comments in its page:  <!-- generated: NAME -->  and  <!-- end -->.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cell(text):
    return text.replace("|", "\\|")


def chart_values():
    """Every value of the chart that has a default or a comment, with both."""
    rows, path, comment = ["| value | default | |", "|---|---|---|"], [], []
    # The content of a list does not get a row.
    list_indent = None
    for line in (ROOT / "deploy/charts/akv-csi/values.yaml").read_text().splitlines():
        if match := re.fullmatch(r"\s*# ?(.*)", line):
            comment.append(match[1])
            continue
        indent = len(line) - len(line.lstrip())
        if list_indent is not None and indent >= list_indent:
            continue
        list_indent = indent if line.lstrip().startswith("- ") else None
        if match := re.fullmatch(r"( *)([A-Za-z0-9-]+):(.*)", line):
            path = path[:len(match[1]) // 2] + [match[2]]
            name, default = ".".join(path), match[3].strip()
            if default or comment:
                rows.append(f"| `{name}` | {f'`{cell(default)}`' if default else ''} | {cell(' '.join(comment))} |")
        comment = []
    return "\n".join(rows)


def flags():
    """The flags of `serve`, as its help shows them."""
    program = ROOT / os.environ.get("AKV_PROGRAMS", ".build/debug") / "akv-csi"
    usage = subprocess.run([program, "serve", "--help"], check=True, capture_output=True, text=True).stdout
    rows = ["| flag | default | |", "|---|---|---|"]
    for name, help_text in re.findall(r"^  -([a-z0-9-]+)(?: \w+)?\n {8}(.*)$", usage, re.M):
        text, default = re.fullmatch(r"(.*?)(?: \(default ([^()]*)\))?", help_text).groups()
        rows.append(f"| `--{name}` | {f'`{default}`' if default else ''} | {cell(text)} |")
    return "\n".join(rows)


TABLES = {
    "deploy/charts/akv-csi/README.md": {"values": chart_values},
    "docs/operate/flags.md": {"flags": flags},
}


def filled(page, tables):
    """The page's text with the current tables."""
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
