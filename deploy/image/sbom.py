#!/usr/bin/env python3
"""The image's bill of materials, as CycloneDX 1.5: sbom.py ROOTFS [ARCHIVE...] > akv-csi.cdx.json

The program is the one in the file system that rootfs.sh made. Lists the Swift packages that it is made of, the Debian
packages whose static libraries (the archives) are linked into it, and those of the other files in the file system. Of a
Swift package with several products all dependencies are listed, also where the program uses only one of the products.
"""

import json
import pathlib
import re
import subprocess
import sys
import uuid


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def packages_used(program, manifest):
    """The identities of the packages that the program's targets name, without those of other programs and of tests."""
    targets = {target["name"]: target for target in manifest["targets"]}
    seen, rest, packages = set(), [program], set()
    while rest:
        name = rest.pop()
        if name in seen or name not in targets:
            continue
        seen.add(name)
        for dependency in targets[name]["dependencies"]:
            if "product" in dependency:
                packages.add(dependency["product"][1].lower())
            else:
                rest.append((dependency.get("byName") or dependency.get("target"))[0])
    return packages


def swift_packages(graph, used):
    """The used packages and their dependencies, as {identity: node}."""
    found = {}

    def visit(node):
        if node["identity"] in found:
            return
        found[node["identity"]] = node
        for child in node["dependencies"]:
            visit(child)

    for node in graph["dependencies"]:
        if node["identity"] in used:
            visit(node)
    return found


def swift_component(node):
    place = re.sub(r"^https://|\.git$", "", node["url"])
    return {
        "type": "library", "bom-ref": f"swift:{node['identity']}", "name": node["name"], "version": node["version"],
        "purl": f"pkg:swift/{place}@{node['version']}",
        "externalReferences": [{"type": "vcs", "url": node["url"]}],
    }


def debian_component(fields, distribution):
    name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
    purl = f"pkg:deb/{distribution['ID']}/{name.replace('+', '%2B')}@{version.replace('+', '%2B')}"
    return {
        "type": "library", "bom-ref": f"deb:{name}", "name": name, "version": version,
        "purl": f"{purl}?arch={architecture}&distro={distribution['ID']}-{distribution['VERSION_ID']}",
        "supplier": {"name": fields.get("Maintainer", "Debian")},
    }


def control(text):
    """The single-line fields of a package's description."""
    return dict(re.findall(r"^([A-Za-z-]+): (.*)$", text, re.M))


def owners(archives):
    """The Debian packages that the static libraries come from."""
    paths = [variant for archive in archives for variant in (archive, archive.removeprefix("/usr"))]
    if not paths:
        return []
    lines = subprocess.run(["dpkg-query", "--search", *paths], check=False, capture_output=True, text=True).stdout.splitlines()
    return sorted({line.split(": ")[0] for line in lines if not line.startswith("diversion ")})


def main(root, *archives):
    root = pathlib.Path(root)
    distribution = {key: value.strip('"') for key, value in re.findall(r"^(\w+)=(.*)$", (root / "etc/os-release").read_text(), re.M)}
    graph = json.loads(run("swift", "package", "show-dependencies", "--format", "json"))
    [program] = [path.name for path in (root / "usr/local/bin").iterdir()]
    used = packages_used(program, json.loads(run("swift", "package", "dump-package")))
    swift = swift_packages(graph, used)
    # The commit and its date follow.
    version = run(root / "usr/local/bin" / program, "--version").split()[0]
    compiler = re.search(r"Swift version (\S+)", run("swift", "--version"))[1]

    components = {f"swift:{identity}": swift_component(node) for identity, node in swift.items()}
    components["swift"] = {
        "type": "framework", "bom-ref": "swift", "name": "swift", "version": compiler,
        "purl": f"pkg:github/swiftlang/swift@{compiler}", "description": "The standard library, linked statically.",
    }
    others = [control(path.read_text()) for path in sorted((root / "var/lib/dpkg/status.d").iterdir())]
    inside = [control(run("dpkg-query", "--status", package)) for package in owners(archives)]
    for fields in inside + others:
        component = debian_component(fields, distribution)
        components.setdefault(component["bom-ref"], component)

    main_reference = f"pkg:generic/{program}@{version}"
    dependencies = [{"ref": main_reference, "dependsOn": sorted(components)}]
    for identity, node in sorted(swift.items()):
        dependencies.append({"ref": f"swift:{identity}", "dependsOn": sorted(f"swift:{child['identity']}" for child in node["dependencies"])})
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {
            "type": "container", "bom-ref": main_reference, "name": program, "version": version,
            "purl": main_reference, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [components[reference] for reference in sorted(components)],
        "dependencies": dependencies,
    }
    # The same content has the same number.
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    json.dump(document, sys.stdout, indent=2, sort_keys=True)
    print()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__.splitlines()[0])
    main(*sys.argv[1:])
