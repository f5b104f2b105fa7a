"""Runs the real program with the rendered arguments, environment and ConfigMaps of the chart."""

import os
import pathlib
import re
import subprocess
import tempfile

import charts as c
import world as w


def files(manifests, directory):
    """Writes the rendered ConfigMaps to directories, and returns the directories by mount path."""
    data = {m["metadata"]["name"]: m["data"] for m in manifests if m["kind"] == "ConfigMap"}
    volumes = {volume["name"]: volume for volume in c.pod(manifests)["volumes"]}
    places = {}
    for mount in c.provider(manifests)["volumeMounts"]:
        place = pathlib.Path(directory) / mount["name"]
        place.mkdir()
        places[mount["mountPath"]] = place
        source = volumes[mount["name"]].get("configMap", {})
        contents = data.get(source.get("name"), {})
        paths = {item["key"]: item["path"] for item in source.get("items", [])} or {key: key for key in contents}
        for key, path in paths.items():
            if key in contents:
                (place / path).write_text(contents[key])
    return places


def start_error(manifests):
    """Starts the provider as the container would, and returns the error that ends it.

    Its socket's directory does not exist, so that a provider that accepts everything else ends with "cannot listen".
    """
    with tempfile.TemporaryDirectory(prefix="akv-rendered-", dir="/tmp") as directory:
        places = files(manifests, directory)

        def local(text):
            for path, place in places.items():
                text = re.sub(rf"(?<![^=:]){re.escape(path)}(?=/|$)", str(place), text)
            return text

        words = [local(word) for word in c.provider(manifests)["args"]]
        words[0] = f"--endpoint=unix://{directory}/missing/azure.sock"
        environment = {name: local(value or "") for name, value in c.environment(manifests).items()}
        result = subprocess.run(
            [w.PROGRAMS / "akv-csi", "serve", *words, "--healthz-port=0", "--healthz-host=127.0.0.1", "--prometheus-port=0",
             "--metrics-host=127.0.0.1"], env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True,
            check=False, timeout=w.DEADLINE)
        return result.stderr
