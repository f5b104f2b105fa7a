"""The commands of a page: its shell blocks by section, which bash runs with stand-ins for the programs that need a cluster."""

import dataclasses
import json
import os
import pathlib
import re
import socketserver
import subprocess
import sys
import threading

SHIM = """#!{python}
import json, os, socket, sys
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
text = sys.stdin.read() if "-" in words else ""
with socket.socket(socket.AF_UNIX) as client:
    client.connect({socket!r})
    client.sendall(json.dumps([name, words, os.getcwd(), text]).encode() + b"\\n")
    client.shutdown(socket.SHUT_WR)
    answer = json.loads(b"".join(iter(lambda: client.recv(65536), b"")))
sys.stdout.write(answer["output"])
sys.stderr.write(answer["error"])
sys.exit(answer["status"])
"""


@dataclasses.dataclass
class Step:
    """A shell block of a page, and the output that the page shows after it."""
    section: str
    script: str
    output: list = dataclasses.field(default_factory=list)


def steps(path):
    found, section = [], ""
    for heading, language, text in re.findall(r"^(#{2,3} [^\n]*)$|^```(\w*)\n(.*?)^```$", path.read_text(), re.M | re.S):
        if heading.startswith("## "):
            section = heading[3:]
        elif language == "sh":
            found.append(Step(section, text))
        elif language == "text":
            found[-1].output += text.splitlines()
    return found


def shows(expected, output):
    """The first line of the page that is missing in the output, in the order of the lines; None if it has them all. `…` matches any text."""
    lines = iter(output.splitlines())
    for line in expected:
        parts = [r"\s+".join(map(re.escape, part.split())) for part in line.split("…")]
        pattern = r"\s*.*\s*".join(parts)
        if line.strip() != "…" and not any(re.fullmatch(pattern, found.strip()) for found in lines):
            return line
    return None


class Refused(Exception):
    """A command that the stand-in does not accept."""


class Programs:
    """Puts stand-ins for `names` into a directory; each call goes to `handle(name, words, directory, input)`."""

    def __init__(self, directory, names, handle):
        self.directory = pathlib.Path(directory) / "bin"
        self.directory.mkdir()
        self.calls = []
        path = str(self.directory / ".socket")
        for name in names:
            (self.directory / name).write_text(SHIM.format(python=sys.executable, socket=path))
            (self.directory / name).chmod(0o755)
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                name, words, place, text = json.loads(self.rfile.readline())
                outer.calls.append((name, words))
                try:
                    answer = {"output": handle(name, words, pathlib.Path(place), text) or "", "error": "", "status": 0}
                except Refused as error:
                    answer = {"output": "", "error": f"{error}\n", "status": 1}
                except Exception as error:  # Otherwise the caller would see only a broken connection.
                    answer = {"output": "", "error": f"stand-in: {type(error).__name__}: {error}\n", "status": 70}
                self.wfile.write(json.dumps(answer).encode())

        self._server = socketserver.ThreadingUnixStreamServer(path, Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def run(self, script, directory, environment):
        """Runs a step in bash, and keeps the environment for the next step. Returns the output and the failure."""
        state = self.directory / ".environment"
        text = f"set -eo pipefail\n{script}\nexport -p >{state}\n"
        result = subprocess.run(
            ["bash", "-c", (f". {state}\n" if state.exists() else "") + text], cwd=directory, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, env={**os.environ, "PATH": f"{self.directory}:{os.environ['PATH']}", **environment})
        return result.stdout, "" if result.returncode == 0 else f"exit {result.returncode}: {result.stderr}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
