#!/usr/bin/env bash
# Builds and runs the tests with a sanitizer: Tests/sanitize.sh [address|thread]..., both by default.
#
# Programs for the thread sanitizer are linked with Tests/Sanitizers/mutex.c, which tells it about Swift's Mutex. Before
# the tests, each sanitizer has to find an error in Tests/Sanitizers/planted.swift, and must not find one in the correct
# code there.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SWIFT_BACKTRACE=enable=no
# Tests that measure times, which are different here, or that create many keys.
skipped='MountTableTests|BenchmarkTests|FaultHangTests|FaultLatencyTests|RetryAfterTests'
# Tests with gRPC, which the thread sanitizer skips. Debian's gRPC is not instrumented, but parts of it are inlined into
# our C++. The sanitizer does not see how gRPC's threads synchronize, and would report each call.
uses_grpc='EndToEndTests|RoundTripTests|StopTests|ClientReleaseTests|SocketFileTests|ResponseSizeTests|EndpointTests|ConnectionTests'
uses_grpc+='|ResponseMemoryBudgetTests/server'
# No leak detection: objects that live as long as the process would be reported. Tests check for leaks themselves.
export ASAN_OPTIONS="detect_leaks=0"

# Linked into everything that runs with the thread sanitizer.
mutex=$PWD/.build/sanitizer-mutex.o

compile_planted() {
  local sanitizer=$1 objects=()
  if [ "$sanitizer" = thread ]; then
    mkdir -p .build
    clang -O2 -Wall -Werror -c -o "$mutex" Tests/Sanitizers/mutex.c
    objects=("$mutex")
  fi
  swiftc -swift-version 6 -sanitize="$sanitizer" -parse-as-library -o "$work/planted" Tests/Sanitizers/planted.swift \
    "${objects[@]}" 2>"$work/planted.txt" || { cat "$work/planted.txt"; return 1; }
}

check_sanitizer() {
  local sanitizer=$1 fault=$2 words=$3
  compile_planted "$sanitizer"
  "$work/planted" >"$work/clean.txt" 2>&1 || { cat "$work/clean.txt"; echo "$sanitizer: reports correct code"; return 1; }
  if "$work/planted" "$fault" >"$work/found.txt" 2>&1 || ! grep -q "$words" "$work/found.txt"; then
    echo "$sanitizer: the planted fault was not found"
    return 1
  fi
  echo "$sanitizer: finds the planted fault, and nothing without it"
}

run_tests() {
  local sanitizer=$1 directory=.build/$1 started=$SECONDS
  local options=(--sanitize="$sanitizer" --scratch-path "$directory" -debug-info-format none)
  if [ "$sanitizer" = thread ]; then options+=(-Xlinker "$mutex"); fi
  # On failure without the indented list of files that belong to no target.
  swift build --build-tests "${options[@]}" >"$work/build.txt" 2>&1 || { grep -v "^    /" "$work/build.txt"; return 1; }
  echo "$sanitizer: built in $((SECONDS - started)) s"
  started=$SECONDS
  local failed=0
  # One test at a time, because parallel tests are too slow for their own time limits.
  swift test --skip-build --no-parallel "${options[@]}" --skip "$2" >"$work/tests.txt" 2>&1 || failed=1
  if grep -q "ERROR: AddressSanitizer\|WARNING: ThreadSanitizer" "$work/tests.txt"; then failed=1; fi
  if [ $failed = 1 ]; then
    cp "$work/tests.txt" ".build/sanitize-$sanitizer.txt"
    grep -E "SUMMARY|✘" "$work/tests.txt" | sort | uniq -c | head -40
    echo "$sanitizer: FAILED; the full output is in .build/sanitize-$sanitizer.txt"
    return 1
  fi
  grep "Test run with" "$work/tests.txt" | sed "s/^[^T]*/$sanitizer: /"
  echo "$sanitizer: ran in $((SECONDS - started)) s"
}

[ $# -gt 0 ] || set -- address thread
for sanitizer; do
  case $sanitizer in
    address)
      check_sanitizer address overflow "heap-buffer-overflow"
      run_tests address "$skipped"
      ;;
    thread)
      check_sanitizer thread race "Swift access race\|data race"
      run_tests thread "$skipped|$uses_grpc"
      ;;
    *) echo "unknown sanitizer: $sanitizer"; exit 2 ;;
  esac
done
