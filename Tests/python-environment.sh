#!/usr/bin/env bash
# The packages that the Python tests need, in an environment of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.build/python
[ -x $environment/bin/python ] || python3 -m venv $environment
$environment/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/Python/requirements.txt \
  -r Tests/Deploy/requirements.txt
