#!/usr/bin/env bash
# Tests the emulator's page in headless Chromium. Not a part of `make test`, because installing a
# browser takes longer than using it. AKV_SCREENSHOTS=DIRECTORY also takes the documentation's screenshots.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --product akv-emulator
Tests/python-environment.sh
AKV_PROGRAMS=.build/debug .build/python/bin/python -m unittest discover --start-directory Tests/Browser
