"""Draws latency.svg and calls.svg from the results of akv-bench: benchmark_plots.py RESULTS.JSON DIRECTORY."""

import json
import pathlib
import re
import sys

LATENCY_SCENARIOS = {
    "cold": "first mount of a process",
    "warm": "token known, new values",
    "republish": "republish",
}
# Distinguishable with color blindness too.
COLORS = ["#0072b2", "#d55e00", "#009e73"]


def latency_figure(results):
    """The median duration of a mount by number of objects, with the emulator's latency.

    Returns the latency in milliseconds, and for each scenario of LATENCY_SCENARIOS its (objects, milliseconds).
    """
    lines, milliseconds = {}, 0
    for measurement in results["measurements"]:
        variant = re.fullmatch(r"(\d+) objects?, (\d+) ms", measurement["variant"])
        if measurement["scenario"] not in LATENCY_SCENARIOS or not variant or variant[2] == "0":
            continue
        milliseconds = int(variant[2])
        point = (int(variant[1]), measurement["medianMilliseconds"])
        lines.setdefault(LATENCY_SCENARIOS[measurement["scenario"]], []).append(point)
    return milliseconds, {name: sorted(points) for name, points in lines.items()}


def calls_figure(results):
    """The requests to Entra and Key Vault by number of pods that start at the same time.

    Returns the objects per pod, the (pods, requests) that were measured, and those of Azure's provider.
    """
    points, objects = [], 0
    for measurement in results["measurements"]:
        variant = re.fullmatch(r"(\d+) pods? × (\d+) objects, \d+ ms", measurement["variant"])
        if measurement["scenario"] != "storm" or not variant:
            continue
        objects = int(variant[2])
        figures = {figure["name"]: figure["value"] for figure in measurement["figures"]}
        points.append((int(variant[1]), figures["requests in a round"]))
    points.sort()
    # Azure's provider: for each pod a 401 challenge, two discovery requests, a token, and a request per object.
    return objects, points, [(pods, pods * (objects + 4)) for pods, _ in points]


def draw(results, directory):
    """Draws the figures that the results have measurements for, and returns their paths."""
    # Imported here, because tests use the other functions without matplotlib.
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same results give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "akv-bench", "font.family": "sans-serif"})
    from matplotlib import pyplot

    def save(name, title, x, y):
        axes.set_title(title, loc="left")
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.set_xlim(left=0)
        axes.grid(axis="y", color="#e3e3e3")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        path = directory / f"{name}.svg"
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
        paths.append(path)

    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    milliseconds, lines = latency_figure(results)
    if lines:
        figure, axes = pyplot.subplots(figsize=(7.5, 4.6), layout="constrained")
        for color, (name, points) in zip(COLORS, lines.items()):
            axes.plot(*zip(*points), marker="o", color=color, label=name)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        save("latency", f"Mount latency, backend at {milliseconds} ms", "objects in the mount", "median, milliseconds")
    objects, measured, upstream = calls_figure(results)
    if measured:
        figure, axes = pyplot.subplots(figsize=(7.5, 4.6), layout="constrained")
        axes.plot(*zip(*measured), marker="o", color=COLORS[0], label="akv-csi")
        axes.plot(*zip(*upstream), linestyle="dashed", color="#777777",
                  label="Azure's provider v1.8.2: n + 4 requests per mount of n objects")
        axes.set_ylim(bottom=0)
        save("calls", f"Requests to Entra and Key Vault: pods of one identity, {objects} objects each",
             "pods together", "requests")
    return paths


if __name__ == "__main__":
    for drawn in draw(json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])):
        print(f"drew {drawn}")
