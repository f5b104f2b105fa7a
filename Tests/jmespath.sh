#!/usr/bin/env bash
# Tests the JMESPath implementation with cases of other projects: the official compliance tests, which Debian has in
# the source package of go-jmespath, and the results of the reference implementation for Python for random
# expressions. Both are downloaded and are not in the repository. Needs a debug build and
# Tests/python-environment.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=$work/cases
mkdir -p "$cases" "$work"/lists/partial "$work"/cache/archives/partial

# The checksum ensures that these are the right cases, from any source.
version=0.4.0
checksum=aa86d00b6836345eee196c13df2df084a18e0b1159935de9289f2ef6a7fe375d
echo "deb-src [trusted=yes] http://deb.debian.org/debian bookworm main" >"$work/sources"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)
official() {
  "${apt[@]}" update &&
    (cd "$work" && "${apt[@]}" source --download-only --tar-only golang-github-jmespath-go-jmespath)
}
if official; then
  archive=$work/golang-github-jmespath-go-jmespath_$version.orig.tar.gz
  echo "$checksum  $archive" | sha256sum --check --quiet
  tar -xzf "$archive" -C "$cases" --strip-components=2 --wildcards '*/compliance/*.json'
else
  echo "LEFT OUT: the official cases, because Debian's source package cannot be fetched here"
fi

.build/python/bin/python Tests/Python/jmespath_cases.py "$cases/reference.json"
AKV_JMESPATH_CASES=$cases swift test --skip-build --filter JMESPathCaseTests >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
grep "JMESPath cases in" "$work/log"
