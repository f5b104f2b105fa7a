"""Shows the masked values of a Key Vault volume, and notices when they change.

A small web service that needs only Python's standard library. It reads the volume as an application should: it
reads all files of one generation, never some files of one rotation and some of the next, and reads again when the
volume's `..data` link points elsewhere.

Variables: VOLUME (/mnt/secrets), ADDRESS (0.0.0.0), PORT (8080; 0 for any free port), INTERVAL (1 second).
"""

import datetime
import hashlib
import hmac
import html
import http.server
import json
import os
import pathlib
import secrets
import signal
import sys
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
MAXIMUM_BYTES = 1 << 20


class Volume:
    """The files under a directory that the Secrets Store CSI driver writes.

    The driver writes each generation into a new directory and then switches the symbolic link `..data` to it, in one
    step. A program that reads the link once, and then reads below that directory, reads one generation.
    """

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self._lock = threading.Lock()
        # A fingerprint shows only whether a value changed, because its key ends with the process.
        self._key = secrets.token_bytes(32)
        self._generation = None
        self._files = {}
        self._rotations = 0
        self._changed = None
        self._problem = "not read yet"

    def refresh(self):
        """Reads the volume if it has a new generation; returns whether it does."""
        try:
            generation = os.readlink(self.root / "..data")
            with self._lock:
                if generation == self._generation:
                    self._problem = None
                    return False
            files = self._read(self.root / generation)
        except FileNotFoundError:
            # Either nothing is mounted, or the driver removed the generation during the read: the next attempt reads again.
            return self._fail(f"{self.root} holds no mounted files")
        except OSError as error:
            return self._fail(f"{self.root} cannot be read: {error.strerror}")
        with self._lock:
            self._rotations += self._generation is not None
            self._generation, self._files, self._problem = generation, files, None
            self._changed = datetime.datetime.now(datetime.timezone.utc)
            return True

    def _fail(self, problem):
        with self._lock:
            self._problem = problem
        return False

    def _read(self, directory):
        files = {}
        for path in sorted(directory.rglob("*")):
            if not path.is_file():
                continue
            with path.open("rb") as file:
                value = file.read(MAXIMUM_BYTES)
            fingerprint = hmac.new(self._key, value, hashlib.sha256).hexdigest()[:16]
            files[path.relative_to(directory).as_posix()] = {
                "bytes": path.stat().st_size, "masked": mask(value), "fingerprint": fingerprint}
        return files

    def state(self):
        with self._lock:
            return {"ready": self._problem is None, "problem": self._problem, "rotations": self._rotations,
                    "changedAt": self._changed and self._changed.isoformat(timespec="milliseconds"),
                    "files": [{"path": path, **file} for path, file in self._files.items()]}


def mask(value):
    """A part of a value that is enough to recognise it, at most a fifth."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "••••••••"
    if text.startswith("-----BEGIN "):
        return text.splitlines()[0] + " ••••"
    shown = text[:2] if len(text) >= 10 and text[:2].isprintable() else ""
    return shown + "••••••••"


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8888}}
td{{overflow-wrap:anywhere}}code{{font-family:ui-monospace,monospace}}</style></head>
<body><h1>{title}</h1>{body}</body></html>"""


def table(heads, rows):
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(f"<td><code>{html.escape(str(cell))}</code></td>" for cell in row) + "</tr>"
                   for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD as openapi.json describes."""

    server_version = "vault-reader"
    sys_version = ""
    volume = None
    specification = json.loads((HERE / "openapi.json").read_text())

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        state = self.volume.state()
        if path == "/":
            self._page("Mounted files", self._files(state))
        elif path == "/docs":
            self._page(self.specification["info"]["title"], self._documentation())
        elif path == "/openapi.json":
            self._json(200, self.specification)
        elif path == "/files":
            self._json(200, {key: state[key] for key in ("rotations", "changedAt", "files")})
        elif path.startswith("/files/"):
            name = urllib.parse.unquote(path.removeprefix("/files/"))
            found = next((file for file in state["files"] if file["path"] == name), None)
            self._json(*((200, found) if found else (404, {"message": "the file does not exist"})))
        elif path == "/healthz":
            self._json(200, {"status": "ok"})
        elif path == "/readyz":
            ready = state["ready"]
            self._json(200 if ready else 503, {"status": "ok"} if ready else {"message": state["problem"]})
        else:
            self._json(404, {"message": "there is nothing here; see /docs"})

    do_HEAD = do_GET

    def _files(self, state):
        if not state["ready"]:
            return f"<p>{html.escape(state['problem'])}</p>"
        rows = [(file["path"], file["bytes"], file["masked"], file["fingerprint"]) for file in state["files"]]
        return (f"<p>Read at {state['changedAt']}, after {state['rotations']} rotations. "
                '<a href="/docs">The interface</a></p>' + table(["File", "Bytes", "Value", "Fingerprint"], rows))

    def _documentation(self):
        rows = [(method.upper(), path, operation["summary"], ", ".join(operation["responses"]))
                for path, item in self.specification["paths"].items() for method, operation in item.items()
                if method == "get"]
        description = html.escape(self.specification["info"]["description"])
        return (f'<p>{description} <a href="/openapi.json">openapi.json</a></p>'
                + table(["Method", "Path", "What it does", "Answers"], rows))

    def _json(self, status, body):
        self._answer(status, "application/json", json.dumps(body, ensure_ascii=False).encode())

    def _page(self, title, body):
        self._answer(200, "text/html; charset=utf-8", PAGE.format(title=html.escape(title), body=body).encode())

    def _answer(self, status, kind, body):
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
                            ("X-Content-Type-Options", "nosniff"),
                            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments):
        """The kubelet's probes are not logged."""


def main():
    volume = Volume(os.environ.get("VOLUME", "/mnt/secrets"))
    interval = float(os.environ.get("INTERVAL", "1"))
    Handler.volume = volume
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            if volume.refresh():
                state = volume.state()
                print(json.dumps({"msg": "files read", "files": [file["path"] for file in state["files"]],
                                  "rotations": state["rotations"]}), flush=True)
            stop.wait(interval)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    server = http.server.ThreadingHTTPServer(
        (os.environ.get("ADDRESS", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Handler)

    def end(*_):
        stop.set()
        # In another thread, because the thread that serves would wait for itself.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(json.dumps({"msg": "listening", "port": server.server_address[1]}), flush=True)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
