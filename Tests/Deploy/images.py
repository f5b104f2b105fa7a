"""The stages of the Containerfile, which are the images."""

import json
import re

import charts as c

CONTAINERFILE = c.ROOT / "deploy/image/Containerfile"


def stages():
    """The names of all stages, in their order. The last one is the default target."""
    return re.findall(r"^FROM \S+ AS (\S+)$", CONTAINERFILE.read_text(), re.M)


def instructions(stage):
    """The text of a stage."""
    return re.search(rf"^FROM \S+ AS {stage}$\n(.*?)(?=^FROM |\Z)", CONTAINERFILE.read_text(), re.M | re.S)[1]


def entry_point(stage):
    return json.loads(re.search(r"^ENTRYPOINT (.*)$", instructions(stage), re.M)[1])
