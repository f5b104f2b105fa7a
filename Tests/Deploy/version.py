"""The version of akv-csi: `make version` prints it, `make version SET=1.2.3` writes it to every file that names it.

The Makefile defines it. The other files repeat it, because programs other than `make` read them.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEMANTIC = r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?"
SOURCE = "Makefile"
# The text before the version in each file. All tags, and the output of --version, begin with a v.
PLACES = {
    SOURCE: [r"^VERSION = "],
    "Sources/CBuildInfo/build_info.c": [r'akv_build_version\(void\) { return "v'],
    "deploy/charts/akv-csi/Chart.yaml": [r"^version: ", r"^appVersion: v"],
    "deploy/charts/akv-csi/README.md": [r"linux\.image\.tag=v"],
    "deploy/image/Containerfile": [r'org\.opencontainers\.image\.version="v'],
    "deploy/kustomize/aks/kustomization.yaml": [r"newTag: v"],
    "deploy/kustomize/base/provider.yaml": [r'app\.kubernetes\.io/version: "v', r"image: registry\.example\.com/akv-csi:v"],
    "deploy/provider.yaml": [r'app\.kubernetes\.io/version: "v', r"image: registry\.example\.com/akv-csi:v"],
    "docs/operate/switching-from-azures-provider.md": [r"linux\.image\.tag=v", r"/akv-csi:v"],
}


def found(root=ROOT):
    """The versions at each place, as {(file, pattern): [version, ...]}."""
    return {(name, before): re.findall(rf"{before}({SEMANTIC})", (root / name).read_text(), re.M)
            for name, patterns in PLACES.items() for before in patterns}


def current(root=ROOT):
    [version] = found(root)[SOURCE, PLACES[SOURCE][0]]
    return version


def write(version, root=ROOT):
    if not re.fullmatch(SEMANTIC, version):
        raise ValueError(f"{version} is not a semantic version such as 1.2.3 or 1.2.3-rc.1; write it without a leading v")
    for name, patterns in PLACES.items():
        text = (root / name).read_text()
        for before in patterns:
            text, count = re.subn(rf"({before}){SEMANTIC}", rf"\g<1>{version}", text, flags=re.M)
            if not count:
                raise ValueError(f"{name} has no version after {before}")
        (root / name).write_text(text)


def main(*words):
    if words:
        try:
            write(*words)
        except ValueError as error:
            return str(error)
    print(current())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
