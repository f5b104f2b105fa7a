#!/usr/bin/env bash
# Runs the chaos test for AKV_CHAOS_SECONDS with a debug build; AKV_CHAOS_SEED repeats a run's choices.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build
Tests/python-environment.sh
AKV_PROGRAMS=.build/debug .build/python/bin/python -m unittest discover --start-directory Tests/Python --pattern test_chaos.py
