#!/usr/bin/env python3
"""Writes man pages and shell completions: manuals.py PROGRAMS OUTPUT [NAME…]

PROGRAMS is the directory of the built programs, and NAME the programs to describe (akv-csi and akv-emulator unless
given). OUTPUT gets the layout of /usr/share: man/man1, bash-completion, zsh and fish. All text comes from the
programs' own descriptions of their commands, and the same programs give the same bytes.
"""

import json
import pathlib
import re
import subprocess
import sys

SHELLS = {"bash": "bash-completion/completions/{}", "zsh": "zsh/site-functions/_{}",
          "fish": "fish/vendor_completions.d/{}.fish"}
ENVIRONMENT = [
    ("NO_COLOR", "If it is set and not empty, the output has no colours."),
    ("CLICOLOR_FORCE", "If it is set and not 0, the output has colours even if it is not a terminal."),
    ("CLICOLOR", "If it is 0, the output has no colours."),
]
EXIT_STATUS = [
    ("0", "The command succeeded."),
    ("1", "The command failed, or it found something; see the command's description."),
    ("2", "The command line is wrong, such as an unknown option or a file that does not exist."),
]


def escaped(text):
    """Plain text for roff: no character of it is a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def paragraphs(text):
    """Blank lines divide paragraphs; indented lines, such as examples, stay as they are."""
    for part in text.strip("\n").split("\n\n"):
        if part.startswith(" "):
            yield f".PP\n.EX\n{escaped(part)}\n.EE"
        else:
            yield f".PP\n{escaped(part)}"


def names(argument):
    """The names of an option as they are typed, the short ones first."""
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    found = [dashes[name["kind"]] + name["name"] for name in argument.get("names", [])]
    return sorted(found, key=len)


def option(argument):
    value = f" \\fI{escaped(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    head = ", ".join(f"\\fB{escaped(name)}\\fR" for name in names(argument)) + value
    if argument["kind"] == "positional":
        head = f"\\fI{escaped(argument['valueName'])}\\fR" + (" ..." if argument["isRepeating"] else "")
    notes = []
    if argument.get("allValues"):
        notes.append(f"Values: {', '.join(argument['allValues'])}.")
    if argument.get("defaultValue") and argument["kind"] != "flag":
        notes.append(f"Default: {argument['defaultValue']}.")
    text = argument.get("abstract", "")
    return f".TP\n{head}\n{escaped(' '.join([text + ('.' if notes and text[-1:] not in '.!?' else ''), *notes]))}"


def synopsis(path, command, arguments):
    words = [f"\\fB{escaped(' '.join(path))}\\fR"]
    if command.get("subcommands"):
        words.append("\\fIcommand\\fR")
    if any(argument["kind"] != "positional" for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            word = f"\\fI{escaped(argument['valueName'])}\\fR" + (" ..." if argument["isRepeating"] else "")
            words.append(f"[{word}]" if argument["isOptional"] else word)
    return " ".join(words)


def page(path, command, version):
    """The text of one command's page."""
    name = "-".join(path)
    arguments = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    commands = below(command)
    parts = [f'.TH "{escaped(name.upper())}" 1 "" "{escaped(path[0])} {escaped(version)}" "{escaped(path[0])} manual"',
             ".SH NAME", f"{escaped(name)} \\- {escaped(command.get('abstract', '').rstrip('.'))}",
             ".SH SYNOPSIS", synopsis(path, command, arguments), ".SH DESCRIPTION", escaped(command.get("abstract", ""))]
    parts += paragraphs(command["discussion"]) if command.get("discussion") else []
    if commands:
        parts.append(".SH COMMANDS")
        for child in commands:
            default = " (default)" if command.get("defaultSubcommand") == child["commandName"] else ""
            parts.append(f".TP\n\\fB{escaped(child['commandName'])}\\fR{default}\n{escaped(child.get('abstract', ''))}")
    for title, positional in [("ARGUMENTS", True), ("OPTIONS", False)]:
        shown = [option(argument) for argument in arguments if (argument["kind"] == "positional") == positional]
        parts += [f".SH {title}", *shown] if shown else []
    parts += [".SH EXIT STATUS", *(f".TP\n{code}\n{escaped(text)}" for code, text in EXIT_STATUS)]
    parts += [".SH ENVIRONMENT", *(f".TP\n{variable}\n{escaped(text)}" for variable, text in ENVIRONMENT)]
    related = ["-".join([*path, child["commandName"]]) for child in commands]
    related = ["-".join(path[:-1])] * (len(path) > 1) + related
    if related:
        parts += [".SH SEE ALSO", ",\n".join(f"\\fB{escaped(other)}\\fR(1)" for other in related)]
    return "\n".join(parts) + "\n"


def below(command):
    return [child for child in command.get("subcommands", []) if child["shouldDisplay"] and child["commandName"] != "help"]


def pages(path, command, version):
    """The pages of a command and of those below it, by their names."""
    yield "-".join(path), page(path, command, version)
    for child in below(command):
        yield from pages([*path, child["commandName"]], child, version)


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def version():
    makefile = (pathlib.Path(__file__).resolve().parents[2] / "Makefile").read_text()
    return re.search(r"^VERSION = (\S+)$", makefile, re.M)[1]


def main(programs, output, *chosen):
    def write(path, text):
        file = pathlib.Path(output) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    for name in chosen or ("akv-csi", "akv-emulator"):
        program = pathlib.Path(programs).resolve() / name
        command = json.loads(run(program, "--experimental-dump-help"))["command"]
        for title, text in pages([name], command, version()):
            write(f"man/man1/{title}.1", text)
        for shell, path in SHELLS.items():
            write(path.format(name), run(program, "--generate-completion-script", shell))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
