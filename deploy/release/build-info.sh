#!/usr/bin/env bash
# Prints the commit and the date for `--version`, as variables for `swift build`: AKV_COMMIT=… AKV_DATE=…
#
# The date is that of the commit, not of the build, so that the same source gives the same program. Without git, for
# example in an image's build, the caller sets AKV_COMMIT and SOURCE_DATE_EPOCH. An unknown commit or date is "unknown".
set -euo pipefail
cd "$(dirname "$0")/../.."

in_git() { [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; }

commit=${AKV_COMMIT:-unknown}
epoch=${SOURCE_DATE_EPOCH:-0}
if [ "$commit" = unknown ] && in_git; then
  commit=$(git rev-parse --short=12 HEAD)
  git diff-index --quiet HEAD -- || commit+=-modified
  [ "$epoch" -ne 0 ] || epoch=$(git log -1 --format=%ct)
fi
date=unknown
[ "$epoch" -eq 0 ] || date=$(date --utc --date="@$epoch" +%Y-%m-%dT%H:%M:%SZ)
echo "AKV_COMMIT=${commit:0:21} AKV_DATE=$date"
