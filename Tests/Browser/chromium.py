"""Headless Chromium through its DevTools protocol and two pipes, without a driver, a port or a library."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile


class Chromium:
    """One browser with one page. https://chromedevtools.github.io/devtools-protocol/"""

    def __init__(self, width=1280, height=900):
        self._profile = tempfile.mkdtemp(prefix="akv-chromium-", dir="/tmp")
        to_browser, self._output = os.pipe()
        self._input, from_browser = os.pipe()
        command = [shutil.which("chromium") or "chromium", "--headless=new", "--remote-debugging-pipe", "--disable-gpu",
                   "--no-first-run", "--no-proxy-server", "--disable-dev-shm-usage", "--hide-scrollbars",
                   "--disable-background-networking", f"--user-data-dir={self._profile}",
                   f"--window-size={width},{height}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")

        def pipes():
            # The browser reads descriptor 3 and writes 4, so the pipes must not have these numbers.
            high = [os.dup(to_browser), os.dup(from_browser)]
            while min(high) < 5:
                high = [os.dup(descriptor) for descriptor in high]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(command, preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._ids = itertools.count(1)
        self._buffer = b""
        self._session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def _read(self):
        while b"\0" not in self._buffer:
            chunk = os.read(self._input, 1 << 20)
            if not chunk:
                raise AssertionError("the browser has ended")
            self._buffer += chunk
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._output)
        os.close(self._input)
        shutil.rmtree(self._profile, ignore_errors=True)
