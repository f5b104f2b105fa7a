#!/usr/bin/env bash
# Installs Python packages in .build/python: Tests/python-environment.sh [REQUIREMENTS...]. By default, the packages
# that the Python tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- Tests/Python/requirements.txt Tests/Deploy/requirements.txt
environment=.build/python
[ -x $environment/bin/python ] || python3 -m venv $environment
$environment/bin/python -m pip install --quiet --disable-pip-version-check "${@/#/--requirement=}"
