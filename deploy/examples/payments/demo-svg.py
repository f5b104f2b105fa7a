#!/usr/bin/env python3
"""Draws the demo's output, from standard input, as an SVG on standard output: demo.sh | demo-svg.py > demo.svg"""

import sys
from xml.sax.saxutils import escape

LINE, COLUMN, MARGIN = 19, 8.1, 20

lines = sys.stdin.read().rstrip("\n").split("\n")
# The part that fits on a page: the table and the pod's files.
end = next((i for i, line in enumerate(lines) if line.startswith("The event of")), len(lines))
lines = ["$ make demo", ""] + lines[:end]
while not lines[-1]:
    lines.pop()
width, height = int(2 * MARGIN + COLUMN * max(map(len, lines))), 2 * MARGIN + LINE * len(lines)
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">')
print("<title>The output of make demo</title>")
print(f'<rect width="{width}" height="{height}" rx="8" fill="#1b1f24"/>')
print('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.5" fill="#d0d7de">')
for number, line in enumerate(lines):
    style = ' fill="#7ee787"' if number == 0 else ' fill="#ffffff" font-weight="bold"' if line and line[0] != " " else ""
    # Plain blanks would be drawn as one.
    text = escape(line).replace(" ", "\u00a0")
    if line:
        # The length makes columns meet in every font.
        print(f'<text x="{MARGIN}" y="{MARGIN + 14 + number * LINE}" textLength="{COLUMN * len(line):.0f}"'
              f' lengthAdjust="spacingAndGlyphs"{style}>{text}</text>')
print("</g>\n</svg>")
